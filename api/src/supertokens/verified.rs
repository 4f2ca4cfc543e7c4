//! Tokens whose signature was found to hold, so that the same token is not checked again with each
//! request: an RSA check takes longer than all else that a request does here.
//!
//! Only the signature is remembered, by the key that made it. Issuer, tenant and times are looked at
//! each time, and a key that is no longer published takes its tokens with it.

use std::sync::{Arc, Mutex, PoisonError};

use hashlink::LruCache;
use jsonwebtoken::DecodingKey;
use sha2::{Digest as _, Sha256};

use super::claims::Claims;

/// About 2 kB each.
const CAPACITY: usize = 4_096;

/// A token is known by its SHA-256: whoever reads this memory finds no token.
type Known = LruCache<[u8; 32], (Arc<DecodingKey>, Claims)>;

pub struct VerifiedTokens(Mutex<Known>);

impl Default for VerifiedTokens {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(CAPACITY)))
    }
}

impl VerifiedTokens {
    /// The claims of `token`, if `key` was found to have signed it. Nothing is said of its times.
    pub fn get(&self, token: &str, key: &Arc<DecodingKey>) -> Option<Claims> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (signed_by, claims) = known.get(&digest(token))?;
        Arc::ptr_eq(signed_by, key).then(|| claims.clone())
    }

    pub fn remember(&self, token: &str, key: &Arc<DecodingKey>, claims: &Claims) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(digest(token), (Arc::clone(key), claims.clone()));
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}
