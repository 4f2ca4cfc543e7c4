//! Tokens whose signature was found to hold, so that the same token is not checked again with each
//! request: an RSA check takes longer than all else that a request does here.
//!
//! Only the signature is remembered, by the key that made it. Issuer, tenant and times are looked at
//! each time, and a key that is no longer published takes its tokens with it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashlink::LruCache;
use jsonwebtoken::DecodingKey;
use sha2::{Digest as _, Sha256};

use crate::session::claims::{Claims, SessionKeyId};

/// About 2 kB each.
const CAPACITY: usize = 4_096;

/// A token is known by its SHA-256: whoever reads this memory finds no token.
type Known = LruCache<[u8; 32], Verified>;

/// A token whose signature holds. Nothing is said of its times.
#[derive(Clone)]
pub struct Verified {
    pub kid: SessionKeyId,
    pub key: Arc<DecodingKey>,
    pub claims: Claims,
}

pub struct VerifiedTokens(Mutex<Known>);

impl Default for VerifiedTokens {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(CAPACITY)))
    }
}

impl VerifiedTokens {
    /// What was found of `token`. Whether its key is still published, others know.
    pub fn get(&self, token: &str) -> Option<Verified> {
        // Not while others wait.
        let digest = digest(token);
        self.lock().get(&digest).cloned()
    }

    pub fn remember(&self, token: &str, verified: Verified) {
        let digest = digest(token);
        self.lock().insert(digest, verified);
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}
