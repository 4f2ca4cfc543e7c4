//! Proof that a request with session cookies was sent by our own page.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::http::{HeaderMap, Method, header};
use url::Url;

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

/// Whose pages may open a WebSocket. A page can give it no header of its own, and the browser sends the
/// cookies along whoever's page it is (RFC 6455, 10.2).
#[derive(Debug, Clone)]
pub struct Origins([String; 2]);

impl Origins {
    pub fn new(domains: [&Url; 2]) -> Self {
        Self(domains.map(|domain| domain.origin().ascii_serialization()))
    }

    /// Whether it is one of our pages that asks, or no page at all. Every browser names the page's
    /// origin, so what comes without one, but with cookies, is not believed.
    pub fn allow(&self, headers: &HeaderMap) -> bool {
        let mut named = headers.get_all(header::ORIGIN).iter();
        match (named.next(), named.next()) {
            (Some(origin), None) => self.0.iter().any(|own| own.as_bytes() == origin.as_bytes()),
            (None, _) => !headers.contains_key(header::COOKIE),
            (Some(_), Some(_)) => false,
        }
    }
}

/// The header `anti-csrf`, which carries the session's secret.
pub fn token(headers: &HeaderMap) -> Option<&str> {
    headers.get("anti-csrf")?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn allowed(headers: &[(header::HeaderName, &'static str)]) -> bool {
        let domains = ["https://api.example.com", "https://example.com"];
        let [api, website] = domains.map(|domain| domain.parse().unwrap());
        let headers = headers.iter().cloned();
        let mut map = HeaderMap::new();
        headers.for_each(|(name, value)| _ = map.append(name, HeaderValue::from_static(value)));
        Origins::new([&api, &website]).allow(&map)
    }

    #[test]
    fn only_our_own_pages_open_a_socket() {
        for origin in ["https://example.com", "https://api.example.com"] {
            assert!(allowed(&[(header::ORIGIN, origin), (header::COOKIE, "a=b")]), "{origin}");
        }
        for origin in [
            "null",
            "",
            "http://example.com",
            "https://example.com:8443",
            "https://example.com/",
            "https://www.example.com",
            "https://example.com.evil.example",
            "https://evilexample.com",
            "https://EXAMPLE.com",
            "https://example.org",
        ] {
            assert!(!allowed(&[(header::ORIGIN, origin)]), "{origin}");
        }
        let own = (header::ORIGIN, "https://example.com");
        assert!(!allowed(&[own.clone(), own]), "one page has one origin");
    }

    #[test]
    fn what_is_no_page_brings_no_cookies() {
        assert!(allowed(&[(header::AUTHORIZATION, "Bearer a.b.c")]));
        assert!(!allowed(&[(header::COOKIE, "sAccessToken=a.b.c")]));
    }
}
