//! The tenant's first factors, as the Core has them.

use chrono::{DateTime, TimeDelta, Utc};
use clock::Clock;
use tokio::sync::Mutex;

use crate::core::{Core, CoreError};

pub const EMAIL_PASSWORD: &str = "emailpassword";
pub const THIRD_PARTY: &str = "thirdparty";

/// How long the tenant's setting is cached.
const FRESH: TimeDelta = TimeDelta::minutes(1);

/// A cache of the setting. The lock is held during a fetch, so that all waiting requests share it.
#[derive(Default)]
pub struct FirstFactors(Mutex<Option<Cached>>);

struct Cached {
    fetched_at: DateTime<Utc>,
    allowed: AllowedFactors,
}

/// `None`: the tenant allows all.
#[derive(Clone)]
pub struct AllowedFactors(Option<Vec<String>>);

impl AllowedFactors {
    pub fn contains(&self, factor: &str) -> bool {
        self.0.as_ref().is_none_or(|allowed| allowed.iter().any(|allowed| allowed == factor))
    }
}

impl FirstFactors {
    pub async fn allowed(&self, core: &Core, clock: &Clock) -> Result<AllowedFactors, CoreError> {
        let now = clock.now();
        let mut cached = self.0.lock().await;
        if let Some(Cached { fetched_at, allowed }) = &*cached
            && *fetched_at <= now
            && now - *fetched_at < FRESH
        {
            return Ok(allowed.clone());
        }
        let allowed = AllowedFactors(core.first_factors().await?);
        *cached = Some(Cached { fetched_at: now, allowed: allowed.clone() });
        Ok(allowed)
    }
}
