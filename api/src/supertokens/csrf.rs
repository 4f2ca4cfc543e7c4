//! Proof that a request with session cookies was sent by our own page.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::http::{HeaderMap, Method};

use super::Claims;

/// How a request with cookies proves that no other site made the browser send it.
/// A request with a bearer token needs no proof: a browser never adds one by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum AntiCsrf {
    /// `SameSite` cookies alone.
    None,
    /// A header `rid` (any value), which another origin cannot send without a preflight.
    #[default]
    ViaCustomHeader,
    /// The header `anti-csrf` repeats the secret that came with the session.
    ViaToken,
}

impl AntiCsrf {
    /// Whether the Core is to make a secret for each session (CDI `enableAntiCsrf`).
    pub fn uses_token(self) -> bool {
        self == Self::ViaToken
    }

    /// Checks a request that carries the session `claims` in cookies. `GET` needs no proof,
    /// because it changes nothing.
    pub fn allows(self, method: &Method, headers: &HeaderMap, claims: &Claims) -> bool {
        if method == Method::GET {
            return true;
        }
        match self {
            Self::None => true,
            Self::ViaCustomHeader => headers.contains_key("rid"),
            Self::ViaToken => match (token(headers), claims.anti_csrf_token()) {
                (Some(given), Some(expected)) => {
                    verify_slices_are_equal(given.as_bytes(), expected.as_bytes()).is_ok()
                }
                _ => false,
            },
        }
    }

    /// Checks a refresh by cookie, where there is no access token to compare with: the Core
    /// compares the secret itself.
    pub fn allows_refresh(self, headers: &HeaderMap) -> bool {
        match self {
            Self::None | Self::ViaToken => true,
            Self::ViaCustomHeader => headers.contains_key("rid"),
        }
    }
}

/// The header `anti-csrf`, which carries the session's secret.
pub fn token(headers: &HeaderMap) -> Option<&str> {
    headers.get("anti-csrf")?.to_str().ok()
}
