//! The keys that sign access tokens, fetched from the Core and kept.
//!
//! `jwks_client_rs` looks keys up and lets one fetch serve all who wait. Around it stand what it
//! leaves open: a pause between fetches, so that forged key ids cause no storm; a bound on the
//! key set; and reads of known keys that never wait for a fetch, so that a Core that is down or
//! slow stops no one whose key is known.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{DecodingKey, errors::ErrorKind};
use jwks_client_rs::{JsonWebKey, JsonWebKeySet, JwksClient, JwksClientError, source::JwksSource};
use serde_json::Value;

use super::core::{Core, CoreError, KeySet};
use crate::clock::Clock;

/// Pause after a fetch that worked. Within it an unknown key id is refused without a fetch.
const COOL_DOWN: TimeDelta = TimeDelta::seconds(30);
/// Pause after a fetch that failed.
const RETRY: TimeDelta = TimeDelta::seconds(2);
/// Age at which keys are fetched again in the background, so that retired ones are dropped.
const STALE: TimeDelta = TimeDelta::minutes(15);
const MAX_KEYS: usize = 64;

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
    core: Core,
    clock: Clock,
}

/// The last key set, and when it was asked for last.
#[derive(Default)]
struct Known {
    decoding: HashMap<String, Arc<DecodingKey>>,
    published: Option<KeySet>,
    fetched_at: Option<DateTime<Utc>>,
    tried_at: Option<DateTime<Utc>>,
}

impl Jwks {
    pub fn new(core: Core, clock: Clock) -> Self {
        let known = Arc::new(RwLock::new(Known::default()));
        let source =
            CoreKeys { core: core.clone(), clock: clock.clone(), known: Arc::clone(&known) };
        Self { client: JwksClient::builder().build(source), known, core, clock }
    }

    /// The key `kid`: at once when it is known, else after a fetch if one is allowed now.
    pub async fn key(&self, kid: &str) -> Result<Arc<DecodingKey>, KeyError> {
        if let Some(key) = self.lookup(kid) {
            return Ok(key);
        }
        // Fills `known` when it fetches; its own answer says nothing more.
        let _ = self.client.get(kid).await;
        self.lookup(kid).ok_or_else(|| match self.read(|known| known.fetched_at) {
            Some(_) => KeyError::Unknown,
            None => KeyError::Unavailable,
        })
    }

    /// The key set for the world: fresh from the Core, or the last one known.
    pub async fn published(&self) -> Result<KeySet, CoreError> {
        let recent = self.clock.now() - COOL_DOWN;
        let known = self.read(|known| {
            let fresh = known.fetched_at.is_some_and(|at| at > recent);
            known.published.clone().map(|keys| (keys, fresh))
        });
        match known {
            Some((keys, true)) => Ok(keys),
            Some((keys, false)) => match fetch(&self.core, &self.clock, &self.known).await {
                Ok(fetched) => Ok(fetched),
                Err(_) => Ok(keys),
            },
            None => fetch(&self.core, &self.clock, &self.known).await,
        }
    }

    fn lookup(&self, kid: &str) -> Option<Arc<DecodingKey>> {
        let (key, refresh) = self.read(|known| {
            let now = self.clock.now();
            let stale = known.fetched_at.is_some_and(|at| at + STALE < now);
            (known.decoding.get(kid).cloned(), stale && known.may_try(now))
        });
        if key.is_some() && refresh {
            let (core, clock, known) =
                (self.core.clone(), self.clock.clone(), Arc::clone(&self.known));
            tokio::spawn(async move { fetch(&core, &clock, &known).await });
        }
        key
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
        let allowed = self.known.read().unwrap_or_else(PoisonError::into_inner).may_try(now);
        if !allowed {
            return Err(none());
        }
        let fetched = fetch(&self.core, &self.clock, &self.known).await.map_err(|_| none())?;
        Ok(parse(&fetched).collect::<Vec<_>>().into())
    }
}

/// The one error of [`JwksSource`] that can be made from outside its crate.
fn none() -> JwksClientError {
    jsonwebtoken::errors::Error::from(ErrorKind::InvalidKeyFormat).into()
}

/// Fetches the key set and puts it in the place of the last one.
async fn fetch(core: &Core, clock: &Clock, known: &RwLock<Known>) -> Result<KeySet, CoreError> {
    let now = clock.now();
    known.write().unwrap_or_else(PoisonError::into_inner).tried_at = Some(now);
    let mut fetched = core.keys().await.inspect_err(|error| {
        tracing::warn!(error = %error, "the signing keys could not be fetched");
    })?;
    fetched.keys.truncate(MAX_KEYS);
    let decoding = parse(&fetched).filter_map(decoding_key).collect();
    let published = Some(fetched.clone());
    *known.write().unwrap_or_else(PoisonError::into_inner) =
        Known { decoding, published, fetched_at: Some(now), tried_at: Some(now) };
    Ok(fetched)
}

/// Keys of other types than RSA, or without an id, are passed over.
fn parse(set: &KeySet) -> impl Iterator<Item = JsonWebKey> {
    let read = |key: &Value| serde_json::from_value::<JsonWebKey>(key.clone()).ok();
    set.keys.iter().filter_map(read).filter(|key| matches!(key, JsonWebKey::Rsa(_)))
}

fn decoding_key(key: JsonWebKey) -> Option<(String, Arc<DecodingKey>)> {
    let JsonWebKey::Rsa(rsa) = key else {
        return None;
    };
    let decoding = DecodingKey::from_rsa_components(rsa.modulus(), rsa.exponent()).ok()?;
    Some((rsa.key_id().to_owned(), Arc::new(decoding)))
}
