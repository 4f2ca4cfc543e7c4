//! What a sign-in can begin with: the recipes served here, as far as the tenant in the Core allows them.

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Mutex;

use super::{Error, SuperTokens, core::CoreError};

pub const EMAIL_PASSWORD: &str = "emailpassword";
pub const THIRD_PARTY: &str = "thirdparty";

/// How long the tenant's setting is kept.
const FRESH: TimeDelta = TimeDelta::minutes(1);

/// The tenant's setting. The lock is held while it is fetched: one fetch serves all who wait.
#[derive(Default)]
pub struct FirstFactors(Mutex<Option<Known>>);

struct Known {
    fetched_at: DateTime<Utc>,
    /// `None`: the tenant allows all.
    allowed: Option<Vec<String>>,
}

impl SuperTokens {
    /// The first factors of the tenant that are served here.
    pub(super) async fn first_factors(&self) -> Result<Vec<&'static str>, CoreError> {
        let allowed = self.allowed().await?;
        let mut factors = self.served();
        factors.retain(|factor| allows(allowed.as_deref(), factor));
        Ok(factors)
    }

    /// What is served, whatever the tenant allows.
    pub(super) fn served(&self) -> Vec<&'static str> {
        let mut factors = vec![EMAIL_PASSWORD];
        if self.providers().iter().next().is_some() {
            factors.push(THIRD_PARTY);
        }
        factors
    }

    /// Errors: [`Error::SessionEnded`] if the tenant does not allow a sign-in to begin with `factor`, as recorded.
    pub(super) async fn require_first_factor(&self, factor: &str) -> Result<(), Error> {
        if allows(self.allowed().await?.as_deref(), factor) { Ok(()) } else { Err(self.ended()) }
    }

    async fn allowed(&self) -> Result<Option<Vec<String>>, CoreError> {
        let now = self.0.clock.now();
        let mut known = self.0.first_factors.0.lock().await;
        if let Some(Known { fetched_at, allowed }) = &*known
            && *fetched_at <= now
            && now - *fetched_at < FRESH
        {
            return Ok(allowed.clone());
        }
        let allowed = self.core().first_factors().await?;
        *known = Some(Known { fetched_at: now, allowed: allowed.clone() });
        Ok(allowed)
    }
}

fn allows(allowed: Option<&[String]>, factor: &str) -> bool {
    allowed.is_none_or(|allowed| allowed.iter().any(|allowed| allowed == factor))
}
