//! One request of the CDI, and what a rejection of it means.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::core::transport::CoreError;

/// A healthy Core answers within milliseconds.
const PATIENCE: Duration = Duration::from_secs(3);
/// Password hashing is slow by design.
const HASHING_PATIENCE: Duration = Duration::from_secs(10);

/// They change nothing, or the second time nothing more, though they are not GETs.
const REPEATABLE: [&str; 2] = ["recipe/signin", "recipe/session/verify"];

const MAX_ANSWER: usize = 1024 * 1024;
/// How much of an odd answer the log shows.
const SHOWN: usize = 200;

/// One request of the CDI.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    /// Without the first slash.
    pub(crate) path: &'a str,
    pub(crate) recipe: Option<&'a str>,
    pub(crate) query: &'a [(&'a str, &'a str)],
    pub(crate) body: Option<Value>,
    pub(crate) patience: Duration,
    pub(crate) max_answer: usize,
    pub(crate) is_versioned: bool,
    pub(crate) is_queued: bool,
    pub(crate) hashes: bool,
}

impl<'a> Call<'a> {
    pub fn new(method: Method, path: &'a str, recipe: Option<&'a str>) -> Self {
        Self {
            method,
            path,
            recipe,
            query: &[],
            body: None,
            patience: PATIENCE,
            max_answer: MAX_ANSWER,
            is_versioned: true,
            is_queued: true,
            hashes: false,
        }
    }

    /// A route that is the same in every version of the CDI.
    pub fn unversioned(path: &'a str) -> Self {
        Self { is_versioned: false, ..Self::new(Method::GET, path, None) }.unqueued()
    }

    /// A call that is sent at once, however many others wait: a Core answers it in no time.
    pub fn unqueued(self) -> Self {
        Self { is_queued: false, ..self }
    }

    pub fn query(self, query: &'a [(&'a str, &'a str)]) -> Self {
        Self { query, ..self }
    }

    pub fn body(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    /// How long the whole call may take.
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// A call that makes the Core hash a password: slow on purpose, and slower with many at once.
    pub fn hashing(self) -> Self {
        Self { patience: HASHING_PATIENCE, hashes: true, ..self }
    }

    /// Whether it does no harm to make the call twice.
    pub(crate) fn is_repeatable(&self) -> bool {
        self.method == Method::GET || REPEATABLE.contains(&self.path)
    }

    /// In bytes.
    pub fn max_answer(self, max_answer: usize) -> Self {
        Self { max_answer, ..self }
    }
}

impl Call<'_> {
    /// The error for a response with a 4xx or 3xx status.
    pub(crate) fn rejected(&self, status: StatusCode, text: &str) -> CoreError {
        let what = shown(&format!("{status}: {}", text.trim()));
        match status {
            StatusCode::UNAUTHORIZED => CoreError::InvalidApiKey(what),
            StatusCode::BAD_REQUEST if text.trim() == "invalid pagination token" => {
                CoreError::InvalidPageToken
            }
            StatusCode::BAD_REQUEST if is_unsupported_version(text) => {
                CoreError::UnsupportedVersion(what)
            }
            _ if is_unknown_address(status, text.trim()) => CoreError::UnknownAddress(what),
            _ => self.unexpected(&what),
        }
    }

    /// `what` holds parts of the answer.
    pub(crate) fn unexpected(&self, what: &str) -> CoreError {
        let (method, path) = (self.method.clone(), self.path.to_owned());
        CoreError::Unexpected { method, path, what: shown(what) }
    }
}

/// Whether a Core gives this answer because its address has another app, tenant or base path. A 404 of a proxy
/// is none: its Core may only be down.
fn is_unknown_address(status: StatusCode, text: &str) -> bool {
    match status {
        StatusCode::BAD_REQUEST => text.starts_with("AppId or tenantId not found"),
        // A wrong base path of one segment is taken for a tenant.
        StatusCode::FORBIDDEN => text == "Only public tenantId can call this app specific API",
        // The second is Tomcat's page for a path outside of the Core's base path.
        StatusCode::NOT_FOUND => text == "Not found" || text.contains("HTTP Status 404"),
        _ => false,
    }
}

/// Whether a Core gives this answer because it does not speak the version that was asked for.
fn is_unsupported_version(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    (text.contains("cdi-version") || text.contains("cdi_version")) && text.contains("support")
}

/// The start of a text for the log, in one line, without characters that move a terminal's cursor.
pub(crate) fn shown(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(SHOWN).collect()
}
