//! Access tokens: JWTs, RS256, version 5.

use jsonwebtoken::{Algorithm, Validation};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    error::{Error, Result},
    keys::{SigningKey, SigningKeys},
};

/// The payload. Times are in seconds; the names and their order are those of Core 10.0.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Claims {
    pub(super) iat: i64,
    pub(super) exp: i64,
    /// The user.
    pub(super) sub: String,
    #[serde(rename = "tId")]
    pub(super) tenant_id: String,
    #[serde(rename = "rsub")]
    pub(super) recipe_user_id: String,
    pub(super) session_handle: String,
    /// SHA-256 of the refresh token issued together with this token.
    pub(super) refresh_token_hash1: String,
    /// SHA-256 of the refresh token that was spent for it, until that is known to have arrived.
    pub(super) parent_refresh_token_hash1: Option<String>,
    pub(super) anti_csrf_token: Option<String>,
    #[serde(flatten)]
    pub(super) user_data: Map<String, Value>,
}

/// The claims that the Core sets and user data may not.
const PROTECTED: [&str; 9] = [
    "iat",
    "exp",
    "sub",
    "tId",
    "rsub",
    "sessionHandle",
    "refreshTokenHash1",
    "parentRefreshTokenHash1",
    "antiCsrfToken",
];

/// Refuses user data that would pass for the Core's own claims.
pub(super) fn check_user_data(user_data: &Map<String, Value>) -> Result<()> {
    if PROTECTED.iter().any(|claim| user_data.contains_key(*claim)) {
        return Err(Error::bad_request("The user payload contains protected field"));
    }
    Ok(())
}

impl Claims {
    /// The signed token as the CDI shows it: `{token, expiry, createdTime}`, in milliseconds.
    pub(super) fn sign(&self, key: &SigningKey) -> Result<Value> {
        let token = key.sign(self)?;
        Ok(
            json!({ "token": token, "expiry": self.exp.saturating_mul(1000), "createdTime": self.iat * 1000 }),
        )
    }

    pub(super) fn has_expired(&self, now: i64) -> bool {
        self.exp.saturating_mul(1000) <= now
    }
}

/// As the Core says it.
const INVALID: &str = "io.supertokens.session.jwt.JWT$JWTException: Invalid JWT";

/// The claims of a token that a published key has signed, however old it is.
///
/// Fails with `TRY_REFRESH_TOKEN`.
pub(super) async fn read(keys: &SigningKeys, token: &str) -> Result<Claims> {
    let unreadable = |error: jsonwebtoken::errors::Error| {
        Error::try_refresh_token(format!("access token is not valid: {error}"))
    };
    let kid = jsonwebtoken::decode_header(token)
        .map_err(|_| Error::try_refresh_token(INVALID))?
        .kid
        .ok_or_else(|| Error::try_refresh_token("access token names no key"))?;
    let key = keys
        .find(&kid)
        .await?
        .ok_or_else(|| Error::try_refresh_token("access token is signed by an unknown key"))?;
    let mut validation = Validation::new(Algorithm::RS256);
    // The caller compares `exp` with its own clock.
    validation.validate_exp = false;
    validation.required_spec_claims.clear();
    let token = jsonwebtoken::decode::<Claims>(token, &key.decoding, &validation);
    Ok(token.map_err(unreadable)?.claims)
}
