//! The verified content of an access token.

use std::sync::Arc;

use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};

use crate::{
    core::TENANT,
    session::validators::{EMAIL_VERIFIED, Validator},
};

/// How far the clocks of Core and service may differ, in seconds, before a token "from the
/// future" is refused.
const MAX_SKEW: i64 = 60;

/// The first version of the header of a session's access token that names its key. Other tokens that the Core signs,
/// such as those of `POST /recipe/jwt`, have no version.
const MIN_VERSION: u32 = 3;

/// How the ids of the Core's dynamic keys begin. This backend always asks for sessions that these sign; the static
/// key (`s-`) signs for other services, too.
const DYNAMIC_KEY: &str = "d-";

/// The id of the key of a token whose header is a session's. No other token has a key looked up for it.
#[derive(Debug, Clone)]
pub struct SessionKeyId(Arc<str>);

/// A session's claims. Only a token whose header, signature, tenant and times hold becomes one, so whoever has one may
/// act for its user. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Claims(Arc<Content>);

#[derive(Debug)]
struct Content {
    registered: Registered,
    payload: Box<RawValue>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Registered {
    sub: String,
    rsub: String,
    t_id: String,
    #[expect(
        dead_code,
        reason = "any backend of the Core may have issued it: the keys are the Core's"
    )]
    iss: String,
    iat: i64,
    exp: i64,
    nbf: Option<i64>,
    session_handle: String,
    #[expect(dead_code, reason = "its presence tells a session from other signed tokens")]
    refresh_token_hash1: String,
    parent_refresh_token_hash1: Option<String>,
    anti_csrf_token: Option<String>,
    /// OAuth tokens carry a kind other than 0; a session has none.
    #[serde(default)]
    stt: i64,
}

/// Why a token is no session now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("not a session's JWT: signed with RS256 by a named key, with a version of at least 3")]
    Malformed,
    #[error("signed by a static key")]
    StaticKey,
    #[error("the signature does not hold")]
    Signature,
    #[error("claims are missing or of the wrong type")]
    Claims,
    #[error("of another tenant")]
    Tenant,
    #[error("expired")]
    Expired,
    #[error("not valid yet")]
    NotYetValid,
}

impl SessionKeyId {
    /// Reads the header of a token. Pins RS256 before any key is looked up; `jku` and `x5u` are never read.
    ///
    /// Errors: [`TokenError::Malformed`] if it is no header of a session's token, [`TokenError::StaticKey`] if it is
    /// one that a refresh replaces.
    pub fn of(token: &str) -> Result<Self, TokenError> {
        let Header { alg, typ, kid, extras, .. } =
            decode_header(token).map_err(|_| TokenError::Malformed)?;
        let version = extras.get::<String>("version").ok().flatten();
        let is_session = version
            .and_then(|version| version.parse().ok())
            .is_some_and(|version: u32| version >= MIN_VERSION);
        match kid {
            Some(kid)
                if is_session
                    && alg == Algorithm::RS256
                    && typ.as_deref() == Some("JWT")
                    && kid.len() <= 128 =>
            {
                if kid.starts_with(DYNAMIC_KEY) {
                    Ok(Self(kid.into()))
                } else {
                    Err(TokenError::StaticKey)
                }
            }
            _ => Err(TokenError::Malformed),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Checks the signature of `token`. Whose and when it is, [`Claims::check`] says.
pub fn verify(token: &str, key: &DecodingKey) -> Result<Claims, TokenError> {
    let mut validation = Validation::new(Algorithm::RS256);
    // Times are checked against our own clock, the rest against typed claims.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let payload =
        decode::<Box<RawValue>>(token, key, &validation).map_err(|_| TokenError::Signature)?.claims;
    Claims::from_payload(payload)
}

impl Claims {
    /// Reads a payload that came from the Core itself.
    pub(crate) fn from_payload(payload: Box<RawValue>) -> Result<Self, TokenError> {
        let registered = serde_json::from_str(payload.get()).map_err(|_| TokenError::Claims)?;
        Ok(Self(Arc::new(Content { registered, payload })))
    }

    /// Whether they are a session's of this tenant, and good at `now`, in seconds since 1970.
    pub(crate) fn check(&self, now: i64) -> Result<(), TokenError> {
        let Registered { sub, t_id, iat, exp, nbf, stt, .. } = &self.0.registered;
        if *stt != 0 || sub.is_empty() {
            return Err(TokenError::Claims);
        }
        if t_id != TENANT {
            return Err(TokenError::Tenant);
        }
        if *exp <= now {
            return Err(TokenError::Expired);
        }
        if nbf.unwrap_or(*iat).max(*iat) > now + MAX_SKEW {
            return Err(TokenError::NotYetValid);
        }
        Ok(())
    }

    /// Claim `sub`: the user.
    pub fn user_id(&self) -> &str {
        &self.0.registered.sub
    }

    /// Claim `rsub`: the login method that the user came in by.
    pub fn recipe_user_id(&self) -> &str {
        &self.0.registered.rsub
    }

    /// The session handle, a UUID (claim `sessionHandle`).
    pub fn session_handle(&self) -> &str {
        &self.0.registered.session_handle
    }

    /// Claim `exp`, seconds since 1970.
    pub fn expires_at(&self) -> i64 {
        self.0.registered.exp
    }

    /// Claim `st-perm`: whether the user's roles permitted this when the token was made.
    pub fn permits(&self, permission: &str) -> bool {
        Validator::Permission(permission).failure(&self.to_map()).is_none()
    }

    /// Claim `st-ev`: whether it is there and says no.
    pub(crate) fn is_email_unverified(&self) -> bool {
        let payload = self.to_map();
        payload.get(EMAIL_VERIFIED).and_then(|claim| claim.get("v")) == Some(&Value::Bool(false))
    }

    /// The whole payload as the token carries it: a JSON object.
    pub fn payload(&self) -> &RawValue {
        &self.0.payload
    }

    /// The payload, to look at claim by claim.
    pub(crate) fn to_map(&self) -> Map<String, Value> {
        // It was read as an object before.
        serde_json::from_str(self.0.payload.get()).unwrap_or_default()
    }

    /// A token fresh from a refresh: the Core must hear of its first use.
    pub(crate) fn is_child(&self) -> bool {
        self.0.registered.parent_refresh_token_hash1.is_some()
    }

    pub(crate) fn anti_csrf_token(&self) -> Option<&str> {
        self.0.registered.anti_csrf_token.as_deref()
    }
}
