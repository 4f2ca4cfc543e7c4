//! Apple's client secret is a token that the client signs itself.

use clock::Clock;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::SecretString;
use serde_json::json;

use crate::recipes::thirdparty::ProviderError;

const AUDIENCE: &str = "https://appleid.apple.com";
/// In seconds. Apple allows half a year; one sign-in needs moments.
const LIFE: i64 = 5 * 60;

/// A key for Sign in with Apple.
#[derive(Clone)]
pub struct AppleKey {
    team_id: String,
    key_id: String,
    key: EncodingKey,
}

impl AppleKey {
    /// `private_key`: the `.p8` file's text (PKCS 8, P-256), line breaks also as `\n`.
    pub fn new(
        team_id: String,
        key_id: String,
        private_key: &str,
    ) -> Result<Self, jsonwebtoken::errors::Error> {
        let pem = private_key.replace("\\n", "\n");
        let key = EncodingKey::from_ec_pem(pem.as_bytes())?;
        Ok(Self { team_id, key_id, key })
    }

    pub(crate) fn client_secret(
        &self,
        client_id: &str,
        clock: &Clock,
    ) -> Result<SecretString, ProviderError> {
        let now = clock.now().timestamp();
        let claims = json!({
            "iss": self.team_id,
            "iat": now,
            "exp": now + LIFE,
            "aud": AUDIENCE,
            "sub": client_id,
        });
        let header = Header { kid: Some(self.key_id.clone()), ..Header::new(Algorithm::ES256) };
        let token = jsonwebtoken::encode(&header, &claims, &self.key).map_err(|error| {
            ProviderError::Unusable(format!("the key for Apple signs nothing: {error}"))
        })?;
        Ok(token.into())
    }
}

impl std::fmt::Debug for AppleKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppleKey")
            .field("team_id", &self.team_id)
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}
