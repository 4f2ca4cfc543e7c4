//! Proof that a request with session cookies was sent by our own page.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::http::{HeaderMap, Method, header};
use url::Url;

use crate::session::claims::Claims;

const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// How a request with cookies proves that no other site made the browser send it.
/// A request with a bearer token needs no proof: a browser never adds one by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
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

/// The origins of our own pages. A browser sends the session's cookies with every request to us, whichever page makes it.
#[derive(Debug, Clone)]
pub struct Origins([String; 2]);

impl Origins {
    pub fn new(domains: [&Url; 2]) -> Self {
        Self(domains.map(|domain| domain.origin().ascii_serialization()))
    }

    /// Whether one of our pages, or a client other than a browser, opens this WebSocket. A page cannot add a header
    /// to it (RFC 6455, 10.2). Browsers always send `Origin`, so cookies without one are refused.
    pub fn allow_socket(&self, headers: &HeaderMap) -> bool {
        self.lists_origin(headers).unwrap_or_else(|| !headers.contains_key(header::COOKIE))
    }

    /// Whether one of our pages, or a client other than a browser, sends this request. Other pages cannot leave out
    /// `Origin` in a POST; in other requests `Sec-Fetch-Site` tells them from ours (W3C Fetch Metadata).
    pub fn allow_request(&self, headers: &HeaderMap) -> bool {
        self.lists_origin(headers).unwrap_or_else(|| {
            let mut sites = headers.get_all(SEC_FETCH_SITE).iter();
            sites.all(|site| !site.as_bytes().eq_ignore_ascii_case(b"cross-site"))
        })
    }

    /// Whether the request's one origin is ours. `None`: it has no origin.
    fn lists_origin(&self, headers: &HeaderMap) -> Option<bool> {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let origin = origins.next()?.as_bytes();
        let is_own = self.0.iter().any(|own| own.as_bytes() == origin);
        Some(is_own && origins.next().is_none())
    }
}

/// The header `anti-csrf`, which carries the session's secret.
pub fn token(headers: &HeaderMap) -> Option<&str> {
    headers.get("anti-csrf")?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    const SITE: HeaderName = HeaderName::from_static(SEC_FETCH_SITE);

    fn origins() -> Origins {
        let domains = ["https://api.example.com", "https://example.com"];
        let [api, website] = domains.map(|domain| domain.parse().unwrap());
        Origins::new([&api, &website])
    }

    fn headers(headers: &[(HeaderName, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in headers.iter().cloned() {
            map.append(name, HeaderValue::from_static(value));
        }
        map
    }

    #[test]
    fn only_our_own_pages_open_a_socket() {
        let origins = origins();
        for origin in ["https://example.com", "https://api.example.com"] {
            let own = headers(&[(header::ORIGIN, origin), (header::COOKIE, "a=b")]);
            assert!(origins.allow_socket(&own) && origins.allow_request(&own), "{origin}");
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
            let foreign = headers(&[(header::ORIGIN, origin), (SITE, "same-origin")]);
            assert!(!origins.allow_socket(&foreign), "{origin}");
            assert!(!origins.allow_request(&foreign), "{origin}");
        }
        let own = (header::ORIGIN, "https://example.com");
        let twice = headers(&[own.clone(), own]);
        assert!(!origins.allow_socket(&twice) && !origins.allow_request(&twice));
    }

    #[test]
    fn sockets_without_origin_bring_no_cookies() {
        let origins = origins();
        assert!(origins.allow_socket(&headers(&[(header::AUTHORIZATION, "Bearer a.b.c")])));
        assert!(!origins.allow_socket(&headers(&[(header::COOKIE, "sAccessToken=a.b.c")])));
    }

    #[test]
    fn requests_without_origin_are_not_cross_site() {
        let origins = origins();
        let cookie = (header::COOKIE, "sAccessToken=a.b.c");
        for own in ["same-origin", "same-site", "none"] {
            assert!(origins.allow_request(&headers(&[(SITE, own), cookie.clone()])), "{own}");
        }
        assert!(origins.allow_request(&headers(std::slice::from_ref(&cookie))), "not a browser");
        for site in ["cross-site", "Cross-Site"] {
            assert!(!origins.allow_request(&headers(&[(SITE, site), cookie.clone()])), "{site}");
        }
        assert!(!origins.allow_request(&headers(&[(SITE, "same-origin"), (SITE, "cross-site")])));
        let page = (header::ORIGIN, "https://example.com");
        assert!(
            origins.allow_request(&headers(&[(SITE, "cross-site"), page])),
            "our page elsewhere"
        );
    }
}
