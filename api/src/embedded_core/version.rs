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

/// Those of `supertokens-core` 10.0, in its order, and two that came later. An answer has the shape
/// of 5.2 for a caller who asks for that or for an older one.
const VERSIONS: [&str; 23] = [
    "2.14", "2.13", "2.12", "2.11", "2.10", "2.21", "2.20", "2.19", "2.18", "2.17", "3.0", "2.16",
    "3.1", "4.0", "2.15", "5.0", "5.1", "5.2", "2.7", "2.8", "2.9", "5.3", "5.4",
];

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
