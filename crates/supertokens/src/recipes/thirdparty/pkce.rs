//! Proof Key for Code Exchange (RFC 7636).

use aws_lc_rs::{digest, rand};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::SecretString;

use crate::recipes::thirdparty::ProviderError;

pub struct Challenge {
    /// 43 characters, from 32 random bytes.
    pub verifier: SecretString,
    /// S256 of the verifier.
    pub challenge: String,
}

impl Challenge {
    pub fn generate() -> Result<Self, ProviderError> {
        let mut bytes = [0; 32];
        let none = |_| ProviderError::Unusable("the system has no randomness".into());
        rand::fill(&mut bytes).map_err(none)?;
        Ok(Self::of(URL_SAFE_NO_PAD.encode(bytes)))
    }

    fn of(verifier: String) -> Self {
        let challenge =
            URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()));
        Self { verifier: verifier.into(), challenge }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::Challenge;

    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        // RFC 7636, appendix B.
        let pair = Challenge::of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into());
        assert_eq!(pair.challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn each_verifier_is_another() {
        let (one, other) = (Challenge::generate().unwrap(), Challenge::generate().unwrap());
        assert_eq!(one.verifier.expose_secret().len(), 43);
        assert_ne!(one.challenge, other.challenge);
    }
}
