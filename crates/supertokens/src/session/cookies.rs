//! The session's cookies: their attributes, and the other domains and paths at which cookies of the same names can lie.

use std::iter;

use axum::http::{HeaderMap, header};
use chrono::{DateTime, Utc};
use cookie::{Cookie, Expiration, SameSite, time::OffsetDateTime};
use url::{Host, Url};

use crate::session::tokens::append;

pub const ACCESS_COOKIE: &str = "sAccessToken";
pub const REFRESH_COOKIE: &str = "sRefreshToken";
pub const REFRESH_PATH: &str = "/auth/session/refresh";
const BOTH: [&str; 2] = [ACCESS_COOKIE, REFRESH_COOKIE];

/// More parent domains than this are not cleared: headers must fit into the buffers of proxies.
const MAX_DOMAINS: usize = 4;

/// Which hosts get a cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CookieDomain {
    /// The API's host alone: no attribute `Domain`.
    Host,
    /// A domain and its subdomains, such as `example.com`.
    Subdomains(String),
}

impl From<Option<String>> for CookieDomain {
    fn from(domain: Option<String>) -> Self {
        domain.map_or(Self::Host, Self::Subdomains)
    }
}

/// The attributes that our cookies need between these two domains.
#[derive(Debug, Clone)]
pub struct Cookies {
    secure: bool,
    same_site: SameSite,
    domain: CookieDomain,
    older: Option<CookieDomain>,
    /// The other domains at which the API's host can receive cookies.
    others: Vec<CookieDomain>,
}

impl Cookies {
    /// `Secure` if the API is https; `SameSite=None` only if page and API are of different sites, as the reference
    /// derives them. `older`: where a former configuration left cookies.
    pub fn for_domains(
        api: &Url,
        website: &Url,
        domain: CookieDomain,
        older: Option<CookieDomain>,
    ) -> Self {
        let same_site = if is_cross_site(api, website) { SameSite::None } else { SameSite::Lax };
        let mut others = vec![CookieDomain::Host];
        others.extend(parents(api).into_iter().map(CookieDomain::Subdomains));
        others.retain(|other| *other != domain);
        Self { secure: api.scheme() == "https", same_site, domain, older, others }
    }

    pub fn set(&self, headers: &mut HeaderMap, name: &str, value: &str, expires: DateTime<Utc>) {
        self.set_at(headers, &self.domain, name, value, expires);
    }

    /// Removes our cookies.
    pub fn clear(&self, headers: &mut HeaderMap) {
        self.clear_at(headers, &self.domain, &BOTH);
    }

    /// Removes cookies of our names at every domain but our own, which a former configuration or a sibling subdomain
    /// left. Beside ours nobody could tell which is meant.
    pub fn clear_others(&self, headers: &mut HeaderMap) {
        for domain in &self.others {
            self.clear_at(headers, domain, &BOTH);
        }
    }

    /// Removes cookies of these names that a former configuration or a sibling subdomain left, and keeps ours. Returns
    /// false, and removes nothing, if no former configuration is named.
    pub fn clear_older(&self, headers: &mut HeaderMap, doubled: &[&'static str]) -> bool {
        let Some(older) = &self.older else { return false };
        for domain in iter::once(older).chain(self.others.iter().filter(|other| *other != older)) {
            self.clear_at(headers, domain, doubled);
        }
        self.clear_planted(headers, doubled, REFRESH_PATH);
        true
    }

    /// Removes cookies of these names that a sibling subdomain can have planted: those at each path that is sent with
    /// `path` (RFC 6265, 5.1.4), except the cookie's own path.
    pub fn clear_planted(&self, headers: &mut HeaderMap, names: &[&'static str], path: &str) {
        let domains = self.others.iter().chain([&self.domain]).filter_map(|domain| match domain {
            CookieDomain::Subdomains(domain) => Some(domain.as_str()),
            CookieDomain::Host => None,
        });
        for domain in domains {
            for name in names {
                for path in matching_paths(path).filter(|path| *path != path_of(name)) {
                    let secure = if self.secure { "; Secure" } else { "" };
                    let cookie =
                        format!("{name}=; Domain={domain}; Path={path}; Max-Age=0{secure}");
                    append(headers, &header::SET_COOKIE, &cookie);
                }
            }
        }
    }

    fn clear_at(&self, headers: &mut HeaderMap, domain: &CookieDomain, names: &[&'static str]) {
        for name in names {
            self.set_at(headers, domain, name, "", DateTime::UNIX_EPOCH);
        }
    }

    fn set_at(
        &self,
        headers: &mut HeaderMap,
        domain: &CookieDomain,
        name: &str,
        value: &str,
        expires: DateTime<Utc>,
    ) {
        let expires = OffsetDateTime::from_unix_timestamp(expires.timestamp())
            .unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let mut cookie = Cookie::build((name, value))
            .path(path_of(name))
            .expires(Expiration::DateTime(expires))
            .http_only(true)
            .secure(self.secure)
            .same_site(self.same_site)
            .build();
        if let CookieDomain::Subdomains(domain) = domain {
            cookie.set_domain(domain);
        }
        append(headers, &header::SET_COOKIE, &cookie.encoded().to_string());
    }
}

fn path_of(name: &str) -> &'static str {
    if name == REFRESH_COOKIE { REFRESH_PATH } else { "/" }
}

/// The paths of cookies that are sent with a request for `path`: `/`, `/a`, `/a/`, `/a/b` for `/a/b`.
fn matching_paths(path: &str) -> impl Iterator<Item = &str> {
    let above = path.match_indices('/').flat_map(|(slash, _)| {
        let without = path.get(..slash).filter(|path| !path.is_empty());
        without.into_iter().chain(path.get(..=slash))
    });
    let whole = Some(path).filter(|path| path.starts_with('/') && !path.ends_with('/'));
    above
        .chain(whole)
        .filter(|path| path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b';'))
}

/// The API's host and the domains above it that may have cookies: not public suffixes.
fn parents(api: &Url) -> Vec<String> {
    let Some(Host::Domain(host)) = api.host() else { return Vec::new() };
    let Some(registrable) = psl::domain_str(host) else { return Vec::new() };
    iter::successors(Some(host), |domain| domain.split_once('.').map(|(_, parent)| parent))
        .take_while(|domain| domain.len() >= registrable.len())
        .take(MAX_DOMAINS)
        .map(str::to_owned)
        .collect()
}

/// Whether browsers take page and API for different sites, so that only `SameSite=None` cookies
/// travel between them.
pub fn is_cross_site(api: &Url, website: &Url) -> bool {
    site(api) != site(website)
}

/// Whether everybody can register names below this domain, so that browsers reject cookies for it.
pub fn is_public_suffix(domain: &str) -> bool {
    psl::domain_str(domain).is_none()
}

/// Scheme and registrable domain, by the public suffix list; the whole host if it has none.
fn site(url: &Url) -> (&str, &str) {
    let host = url.host_str().unwrap_or_default();
    let registrable = match url.host() {
        Some(Host::Domain(domain)) => psl::domain_str(domain),
        _ => None,
    };
    (url.scheme(), registrable.unwrap_or(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    fn cookies(api: &str, website: &str) -> Cookies {
        Cookies::for_domains(&url(api), &url(website), CookieDomain::Host, None)
    }

    #[test]
    fn attributes_follow_the_domains() {
        for (api, website, secure, same_site) in [
            ("http://localhost:3001", "http://localhost:3000", false, SameSite::Lax),
            ("https://api.example.com", "https://example.com", true, SameSite::Lax),
            ("https://api.example.co.uk", "https://www.example.co.uk", true, SameSite::Lax),
            ("https://api.example.org", "https://example.com", true, SameSite::None),
            ("https://api.co.uk", "https://example.co.uk", true, SameSite::None),
            ("https://todos-api.onrender.com", "https://todos.onrender.com", true, SameSite::None),
            ("https://a.vercel.app", "https://b.vercel.app", true, SameSite::None),
            ("https://a.github.io", "https://a.github.io", true, SameSite::Lax),
            ("https://10.0.0.1", "https://10.0.0.2", true, SameSite::None),
        ] {
            let cookies = cookies(api, website);
            assert_eq!((cookies.secure, cookies.same_site), (secure, same_site), "{api} {website}");
        }
    }

    #[test]
    fn other_domains_end_at_the_public_suffix() {
        let others = |api: &str| -> Vec<_> {
            let names = cookies(api, api).others.into_iter().filter_map(|domain| match domain {
                CookieDomain::Subdomains(domain) => Some(domain),
                CookieDomain::Host => None,
            });
            names.collect()
        };
        assert_eq!(
            others("https://a.api.example.co.uk"),
            ["a.api.example.co.uk", "api.example.co.uk", "example.co.uk"]
        );
        assert_eq!(others("https://a.b.onrender.com"), ["a.b.onrender.com", "b.onrender.com"]);
        for alone in
            ["http://localhost:3000", "http://127.0.0.1:3000", "http://[::1]", "https://com"]
        {
            assert_eq!(others(alone), [""; 0], "{alone}");
        }
        assert_eq!(others(&format!("https://{}example.com", "x.".repeat(50))).len(), MAX_DOMAINS);
    }

    #[test]
    fn paths_are_those_that_a_cookie_can_have() {
        let paths = |path: &'static str| matching_paths(path).collect::<Vec<_>>();
        assert_eq!(paths("/"), ["/"]);
        assert_eq!(paths("/graphql"), ["/", "/graphql"]);
        assert_eq!(paths("/auth/signout"), ["/", "/auth", "/auth/", "/auth/signout"]);
        assert_eq!(paths("/a/"), ["/", "/a", "/a/"]);
        assert_eq!(paths(""), [""; 0]);
        assert_eq!(paths("/;Secure"), ["/"]);
    }

    #[test]
    fn public_suffixes_are_known() {
        for suffix in ["com", "co.uk", "onrender.com", "vercel.app", "github.io"] {
            assert!(is_public_suffix(suffix), "{suffix}");
        }
        for domain in ["example.com", "example.co.uk", "a.onrender.com", "example.internal"] {
            assert!(!is_public_suffix(domain), "{domain}");
        }
    }
}
