//! Whether the database checks claims itself, and the key by which it knows the service.

use clap::Args;
use clock::Clock;

use super::faults::Faults;
use crate::rls::{ClaimsKey, ClaimsMode, Signer};

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Database")]
pub struct ClaimsVars {
    /// Why the database believes whose a transaction is: `plain`, at the service's word, or `signed`,
    /// by a signature that it checks, after `migration claims signed`.
    #[arg(long, env = "RLS_CLAIMS", value_enum, default_value = "plain")]
    rls_claims: ClaimsMode,

    /// The key of the signatures, as `migration claims` prints it: `ID:SECRET`. With `plain` claims
    /// are signed for a database that does not ask for it yet.
    #[arg(long, env = "RLS_CLAIMS_KEY", hide_env_values = true, value_parser = key)]
    rls_claims_key: Option<ClaimsKey>,
}

impl ClaimsVars {
    pub(super) fn check(&self, faults: &mut Faults) {
        if self.rls_claims == ClaimsMode::Signed && self.rls_claims_key.is_none() {
            faults.rule(
                &["RLS_CLAIMS", "RLS_CLAIMS_KEY"],
                "RLS_CLAIMS_KEY is not set, and RLS_CLAIMS is `signed`. It should be a key that \
                 `migration claims signed` or `migration claims rotate` printed: ID:SECRET.",
            );
        }
    }

    /// By the time of `clock`, which should be the database's, too.
    pub fn signer(&self, clock: Clock) -> Signer {
        Signer { mode: self.rls_claims, key: self.rls_claims_key.clone(), clock }
    }
}

fn key(text: &str) -> Result<ClaimsKey, &'static str> {
    text.parse()
}

#[cfg(test)]
mod tests {
    use super::super::tests::read;

    const KEY: &str = "1:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    #[test]
    fn signed_claims_need_a_key_that_is_never_shown() {
        let signed = ("RLS_CLAIMS", "signed");
        let error = read(&[signed]).unwrap_err();
        assert!(error.starts_with("RLS_CLAIMS_KEY is not set"), "{error}");
        let shown = format!("{:?}", read(&[signed, ("RLS_CLAIMS_KEY", KEY)]).unwrap());
        assert!(!shown.contains("00112233"), "{shown}");
        assert!(read(&[("RLS_CLAIMS_KEY", KEY)]).is_ok());
        let error = read(&[signed, ("RLS_CLAIMS_KEY", &KEY[..20])]).unwrap_err();
        assert!(error.contains("RLS_CLAIMS_KEY") && error.contains("`ID:SECRET`"), "{error}");
        assert!(!error.contains("00112233"), "{error}");
    }
}
