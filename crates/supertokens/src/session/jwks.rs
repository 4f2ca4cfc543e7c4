//! The keys that sign access tokens, fetched from the Core and kept.
//!
//! `jwks_client_rs` reads key sets and lets one fetch serve all who wait. Around it stand what it
//! leaves open: a pause between fetches, so that forged key ids cause no storm, and reads of known
//! keys that never wait for a fetch, so that a Core that is down or slow stops no one whose key is
//! known.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock, RwLockWriteGuard},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use clock::Clock;
use jsonwebtoken::{DecodingKey, errors::ErrorKind};
use jwks_client_rs::{JsonWebKey, JsonWebKeySet, JwksClient, JwksClientError, source::JwksSource};
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::{
    core::{Core, CoreError, KeySet},
    session::claims::SessionKeyId,
};

/// Pause after a fetch that worked. Within it an unknown key id is refused without a fetch.
const COOL_DOWN: TimeDelta = TimeDelta::seconds(30);
/// Pause after a fetch that failed.
const RETRY: TimeDelta = TimeDelta::seconds(2);
/// For how many seconds others may keep the keys at most.
const MAX_AGE: u64 = 3600;
/// The same if the Core does not say: the time after which a Core signs with a new key it has published.
const DEFAULT_MAX_AGE: u64 = 60;
/// Age at which keys are fetched again in the background, so that retired ones are dropped.
const STALE: TimeDelta = TimeDelta::minutes(15);

/// Why no key can be had for a key id.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("no key of this id is published")]
    Unknown,
    #[error("the keys cannot be had now")]
    Unavailable,
}

pub struct Jwks {
    client: JwksClient<CoreKeys>,
    known: Arc<RwLock<Known>>,
    clock: Clock,
}

/// The last key set, and when it was asked for last.
#[derive(Default)]
struct Known {
    decoding: HashMap<String, Decoding>,
    published: Option<KeySet>,
    fetched_at: Option<DateTime<Utc>>,
    tried_at: Option<DateTime<Utc>>,
}

impl Jwks {
    pub fn new(core: Core, clock: Clock) -> Self {
        let known = Arc::new(RwLock::new(Known::default()));
        let source = CoreKeys { core, clock: clock.clone(), known: Arc::clone(&known) };
        Self { client: JwksClient::builder().build(source), known, clock }
    }

    /// The key `kid`: at once when it is known, else after a fetch if one is allowed now.
    pub async fn key(&self, kid: &SessionKeyId) -> Result<Arc<DecodingKey>, KeyError> {
        let kid = kid.as_str();
        if let Some(key) = self.lookup(kid) {
            return Ok(key);
        }
        let _ = self.refresh().await;
        self.lookup(kid).ok_or_else(|| match self.read(|known| known.fetched_at) {
            Some(_) => KeyError::Unknown,
            None => KeyError::Unavailable,
        })
    }

    /// The key set for the world: at most [`COOL_DOWN`] old, or the last one known. With it, for how many seconds others
    /// may keep it: never beyond the time that the Core gives.
    pub async fn published(&self) -> Result<(KeySet, u64), CoreError> {
        let recent = self.clock.now() - COOL_DOWN;
        if !self.read(|known| known.fetched_at.is_some_and(|at| at > recent)) {
            let _ = self.refresh().await;
        }
        let now = self.clock.now();
        let published = |known: &Known| {
            let set = known.published.clone()?;
            let age = known.fetched_at.map_or(0, |at| (now - at).num_seconds());
            let age = u64::try_from(age).unwrap_or(0);
            let max_age = set.max_age.unwrap_or(DEFAULT_MAX_AGE).saturating_sub(age).min(MAX_AGE);
            Some((set, max_age))
        };
        self.read(published)
            .ok_or_else(|| CoreError::Unavailable("the signing keys are not known".into()))
    }

    /// The Core has just signed with `kid`. If that is news, the pause ends: after a rotation
    /// no one who signs in should wait for it.
    pub fn expect(&self, kid: &SessionKeyId) {
        if !self.read(|known| known.decoding.contains_key(kid.as_str())) {
            write(&self.known).tried_at = None;
        }
    }

    /// How long ago they were fetched.
    pub fn age(&self) -> Option<Duration> {
        let fetched_at = self.read(|known| known.fetched_at)?;
        Some((self.clock.now() - fetched_at).to_std().unwrap_or_default())
    }

    fn lookup(&self, kid: &str) -> Option<Arc<DecodingKey>> {
        let (key, is_due) = self.read(|known| {
            let now = self.clock.now();
            let stale = known.fetched_at.is_some_and(|at| at + STALE < now);
            (
                known.decoding.get(kid).map(|known| Arc::clone(&known.key)),
                stale && known.may_try(now),
            )
        });
        if key.is_some() && is_due {
            drop(self.refresh());
        }
        key
    }

    /// Fetches the key set if that is allowed now. Who comes meanwhile waits for the same fetch;
    /// who goes away does not stop it.
    fn refresh(&self) -> JoinHandle<()> {
        let client = self.client.clone();
        tokio::spawn(async move {
            // No key has this id, so the client always asks its source: one caller after the
            // other. `CoreKeys` keeps what it fetched; the client's answer says nothing more.
            let _ = client.get("").await;
        })
    }

    fn read<T>(&self, look: impl FnOnce(&Known) -> T) -> T {
        look(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Known {
    fn may_try(&self, now: DateTime<Utc>) -> bool {
        let worked = self.tried_at == self.fetched_at;
        let pause = if worked { COOL_DOWN } else { RETRY };
        self.tried_at.is_none_or(|at| at + pause <= now)
    }
}

/// Where `jwks_client_rs` gets its keys.
struct CoreKeys {
    core: Core,
    clock: Clock,
    known: Arc<RwLock<Known>>,
}

#[async_trait::async_trait]
impl JwksSource for CoreKeys {
    async fn fetch_keys(&self) -> Result<JsonWebKeySet, JwksClientError> {
        let now = self.clock.now();
        {
            let mut known = write(&self.known);
            if !known.may_try(now) {
                return Err(none());
            }
            known.tried_at = Some(now);
        }
        let fetched = self.core.keys().await.map_err(|error| {
            tracing::warn!(%error, "the signing keys could not be fetched");
            none()
        })?;
        let keys: Vec<_> = parse(&fetched).collect();
        let mut known = write(&self.known);
        let decoding = decoding_keys(&keys, &known.decoding);
        *known = Known {
            decoding,
            published: Some(fetched),
            fetched_at: Some(now),
            tried_at: Some(now),
        };
        Ok(keys.into())
    }
}

fn write(known: &RwLock<Known>) -> RwLockWriteGuard<'_, Known> {
    known.write().unwrap_or_else(PoisonError::into_inner)
}

/// The one error of [`JwksSource`] that can be made from outside its crate.
fn none() -> JwksClientError {
    jsonwebtoken::errors::Error::from(ErrorKind::InvalidKeyFormat).into()
}

/// Keys of other types than RSA, or without an id, are passed over.
fn parse(set: &KeySet) -> impl Iterator<Item = JsonWebKey> {
    let read = |key: &Value| serde_json::from_value::<JsonWebKey>(key.clone()).ok();
    set.keys.iter().filter_map(read).filter(|key| matches!(key, JsonWebKey::Rsa(_)))
}

/// A key that checks signatures, and what it was made of.
struct Decoding {
    modulus: String,
    exponent: String,
    key: Arc<DecodingKey>,
}

/// The keys by id. A key that was known stays the same in memory: the tokens that it verified are known by it.
fn decoding_keys(
    keys: &[JsonWebKey],
    known: &HashMap<String, Decoding>,
) -> HashMap<String, Decoding> {
    keys.iter().filter_map(|key| decoding_key(key, known)).collect()
}

fn decoding_key(key: &JsonWebKey, known: &HashMap<String, Decoding>) -> Option<(String, Decoding)> {
    let JsonWebKey::Rsa(rsa) = key else {
        return None;
    };
    let (modulus, exponent) = (rsa.modulus(), rsa.exponent());
    let same = known
        .get(rsa.key_id())
        .filter(|known| known.modulus == modulus && known.exponent == exponent);
    let key = match same {
        Some(known) => Arc::clone(&known.key),
        None => Arc::new(DecodingKey::from_rsa_components(modulus, exponent).ok()?),
    };
    let decoding = Decoding { modulus: modulus.to_owned(), exponent: exponent.to_owned(), key };
    Some((rsa.key_id().to_owned(), decoding))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fetched(
        kid: &str,
        modulus: &str,
        known: &HashMap<String, Decoding>,
    ) -> HashMap<String, Decoding> {
        let key = json!({"kty": "RSA", "kid": kid, "n": modulus, "e": "AQAB", "alg": "RS256", "use": "sig"});
        let set = KeySet { keys: vec![key], max_age: None };
        decoding_keys(&parse(&set).collect::<Vec<_>>(), known)
    }

    #[test]
    fn unchanged_keys_survive_a_fetch() {
        let first = fetched("d-1", "AQID", &HashMap::new());
        let second = fetched("d-1", "AQID", &first);
        assert!(Arc::ptr_eq(&first["d-1"].key, &second["d-1"].key));
        let changed = fetched("d-1", "BAUG", &second);
        assert!(!Arc::ptr_eq(&second["d-1"].key, &changed["d-1"].key), "another key of that id");
        assert!(!fetched("d-2", "BAUG", &changed).contains_key("d-1"), "no longer published");
    }
}
