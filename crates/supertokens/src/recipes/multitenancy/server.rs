//! The first factors of a sign-in: the recipes served here, as far as the tenant allows them.

use super::first_factors::{AllowedFactors, EMAIL_PASSWORD, THIRD_PARTY};
use crate::{backend::SuperTokens, core::CoreError, error::Error};

impl SuperTokens {
    /// The first factors that are served and that the tenant allows.
    pub(crate) async fn first_factors(&self) -> Result<Vec<&'static str>, CoreError> {
        let allowed = self.allowed_first_factors().await?;
        let mut factors = self.served_first_factors();
        factors.retain(|factor| allowed.contains(factor));
        Ok(factors)
    }

    /// The first factors that are served, whatever the tenant allows.
    pub(crate) fn served_first_factors(&self) -> Vec<&'static str> {
        let mut factors = vec![EMAIL_PASSWORD];
        if self.providers().iter().next().is_some() {
            factors.push(THIRD_PARTY);
        }
        factors
    }

    /// Errors: [`Error::SessionEnded`] if the tenant does not allow `factor` as the first one, as recorded.
    pub(crate) async fn require_first_factor(&self, factor: &str) -> Result<(), Error> {
        if self.allowed_first_factors().await?.contains(factor) {
            Ok(())
        } else {
            Err(self.ended())
        }
    }

    async fn allowed_first_factors(&self) -> Result<AllowedFactors, CoreError> {
        self.0.first_factors.allowed(self.core(), &self.0.clock).await
    }
}
