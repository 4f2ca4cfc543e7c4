//! The CDI versions that are spoken, and what differs between them.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};
use serde_json::json;

use super::{
    answer::Answer,
    error::{Error, Result},
};

/// Those whose shapes the answers have. A real Core also speaks older ones, in shapes of their own.
const VERSIONS: [&str; 3] = ["5.2", "5.3", "5.4"];

/// Since these, users have passkeys. (5.4 adds SAML, which is not here.)
const WITH_PASSKEYS: [&str; 2] = ["5.3", "5.4"];

/// The version that a caller wants an answer of.
#[derive(Clone, Copy)]
pub(super) struct Version {
    pub(super) has_passkeys: bool,
}

/// GET `/apiversion`
pub(super) async fn versions() -> Answer {
    Answer::bare(json!({ "versions": VERSIONS }))
}

/// Refuses a version that is not spoken.
pub(super) fn check(headers: &HeaderMap) -> Result<()> {
    match wanted(headers) {
        Some(version) if !VERSIONS.contains(&version.as_str()) => {
            Err(Error::bad_request(format!("cdi-version {version} not supported")))
        }
        _ => Ok(()),
    }
}

fn wanted(headers: &HeaderMap) -> Option<String> {
    let version = headers.get("cdi-version")?;
    Some(String::from_utf8_lossy(version.as_bytes()).into_owned())
}

impl<S: Sync> FromRequestParts<S> for Version {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        _: &S,
    ) -> std::result::Result<Self, Self::Rejection> {
        // Who names no version means the newest.
        let version = wanted(&parts.headers);
        let has_passkeys = version.is_none_or(|version| WITH_PASSKEYS.contains(&version.as_str()));
        Ok(Self { has_passkeys })
    }
}
