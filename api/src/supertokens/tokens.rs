//! How tokens travel: in cookies, or in headers.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use cookie::{Cookie, Expiration, SameSite, time::OffsetDateTime};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use url::Url;

use super::{
    Claims,
    core::{CoreToken, SessionTokens},
};

const ACCESS_COOKIE: &str = "sAccessToken";
const REFRESH_COOKIE: &str = "sRefreshToken";
const REFRESH_PATH: &str = "/auth/session/refresh";
const ACCESS_HEADER: HeaderName = HeaderName::from_static("st-access-token");
const REFRESH_HEADER: HeaderName = HeaderName::from_static("st-refresh-token");
const FRONT_TOKEN: HeaderName = HeaderName::from_static("front-token");
const ANTI_CSRF: HeaderName = HeaderName::from_static("anti-csrf");
const AUTH_MODE: &str = "st-auth-mode";

/// The cookie outlives its token: an expired token must still be told from no token at all.
const ACCESS_COOKIE_LIFE: TimeDelta = TimeDelta::days(365);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    Cookie,
    Header,
}

impl Transport {
    /// Where a new session's tokens go: `st-auth-mode` chooses, else headers (FDI).
    pub fn asked_for(headers: &HeaderMap) -> Self {
        match headers.get(AUTH_MODE).map(HeaderValue::as_bytes) {
            Some(b"cookie") => Self::Cookie,
            _ => Self::Header,
        }
    }
}

/// A token found in a request.
#[derive(Debug)]
pub struct Found {
    pub token: SecretString,
    pub transport: Transport,
}

/// Two cookies of one name: which one is meant cannot be known.
#[derive(Debug, PartialEq, Eq)]
pub struct Ambiguous;

/// The access token: a bearer token goes before a cookie, because a browser never adds one
/// by itself.
pub fn access_token(headers: &HeaderMap) -> Result<Option<Found>, Ambiguous> {
    // A refresh token or another scheme's bearer is no JWT, and not taken for one.
    match bearer(headers).filter(|token| token.split('.').count() == 3) {
        Some(token) => Ok(Some(Found { token: token.into(), transport: Transport::Header })),
        None => from_cookie(headers, ACCESS_COOKIE),
    }
}

pub fn refresh_token(headers: &HeaderMap) -> Result<Option<Found>, Ambiguous> {
    match bearer(headers) {
        Some(token) => Ok(Some(Found { token: token.into(), transport: Transport::Header })),
        None => from_cookie(headers, REFRESH_COOKIE),
    }
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

fn from_cookie(headers: &HeaderMap, name: &str) -> Result<Option<Found>, Ambiguous> {
    let mut values = headers
        .get_all(header::COOKIE)
        .iter()
        // Cookies of others may hold any bytes, and must not hide ours.
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .flat_map(Cookie::split_parse_encoded)
        .filter_map(Result::ok)
        .filter(|cookie| cookie.name() == name);
    let first = values.next();
    if values.next().is_some() {
        return Err(Ambiguous);
    }
    let token = first.map(|cookie| cookie.value().to_owned()).filter(|value| !value.is_empty());
    Ok(token.map(|token| Found { token: token.into(), transport: Transport::Cookie }))
}

/// The attributes that our cookies need between these two domains.
#[derive(Debug, Clone)]
pub struct Cookies {
    secure: bool,
    same_site: SameSite,
    domain: Option<String>,
}

impl Cookies {
    /// `Secure` where the API is https; `SameSite=None` only where page and API are of different
    /// sites, as the reference derives them.
    ///
    /// `domain`: whose subdomains get the cookies, too. None: the API's host alone.
    pub fn for_domains(api: &Url, website: &Url, domain: Option<String>) -> Self {
        let same_site = if is_cross_site(api, website) { SameSite::None } else { SameSite::Lax };
        Self { secure: api.scheme() == "https", same_site, domain }
    }

    fn set(&self, headers: &mut HeaderMap, name: &str, value: &str, expires: DateTime<Utc>) {
        let path = if name == REFRESH_COOKIE { REFRESH_PATH } else { "/" };
        let expires = OffsetDateTime::from_unix_timestamp(expires.timestamp())
            .unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let mut cookie = Cookie::build((name, value))
            .path(path)
            .expires(Expiration::DateTime(expires))
            .http_only(true)
            .secure(self.secure)
            .same_site(self.same_site)
            .build();
        if let Some(domain) = &self.domain {
            cookie.set_domain(domain);
        }
        append(headers, &header::SET_COOKIE, &cookie.encoded().to_string());
    }

    fn clear(&self, headers: &mut HeaderMap) {
        self.set(headers, ACCESS_COOKIE, "", DateTime::UNIX_EPOCH);
        self.set(headers, REFRESH_COOKIE, "", DateTime::UNIX_EPOCH);
    }
}

/// Whether browsers take page and API for different sites, so that only `SameSite=None` cookies
/// travel between them.
pub fn is_cross_site(api: &Url, website: &Url) -> bool {
    site(api) != site(website)
}

/// Scheme and registrable part of the host. The last two labels stand for the latter: wrong only
/// for hosts right below a public suffix such as `co.uk`, where it errs towards `Lax`.
fn site(url: &Url) -> (&str, String) {
    let host = url.host_str().unwrap_or_default();
    let is_name = matches!(url.host(), Some(url::Host::Domain(_)));
    let labels: Vec<&str> = host.split('.').collect();
    let start = if is_name { labels.len().saturating_sub(2) } else { 0 };
    (url.scheme(), labels.get(start..).unwrap_or_default().join("."))
}

/// Headers that hand a new or refreshed session to the client.
pub fn attach(
    cookies: &Cookies,
    transport: Transport,
    tokens: &SessionTokens,
    claims: &Claims,
    now: DateTime<Utc>,
) -> HeaderMap {
    let mut headers = attach_access(cookies, transport, &tokens.access_token, claims, now);
    let refresh = &tokens.refresh_token;
    match transport {
        Transport::Header => {
            append(&mut headers, &REFRESH_HEADER, refresh.token.expose_secret());
            expose(&mut headers, &REFRESH_HEADER);
        }
        Transport::Cookie => {
            let expires = DateTime::from_timestamp_millis(refresh.expiry).unwrap_or(now);
            cookies.set(&mut headers, REFRESH_COOKIE, refresh.token.expose_secret(), expires);
        }
    }
    headers
}

/// Headers that replace the access token alone, and the secret against CSRF that it names.
pub fn attach_access(
    cookies: &Cookies,
    transport: Transport,
    access: &CoreToken,
    claims: &Claims,
    now: DateTime<Utc>,
) -> HeaderMap {
    let mut headers = HeaderMap::new();
    append(&mut headers, &FRONT_TOKEN, &front_token(claims));
    expose(&mut headers, &FRONT_TOKEN);
    match transport {
        Transport::Header => {
            append(&mut headers, &ACCESS_HEADER, access.token.expose_secret());
            expose(&mut headers, &ACCESS_HEADER);
        }
        Transport::Cookie => {
            let expires = now + ACCESS_COOKIE_LIFE;
            cookies.set(&mut headers, ACCESS_COOKIE, access.token.expose_secret(), expires);
        }
    }
    if let Some(secret) = claims.anti_csrf_token() {
        append(&mut headers, &ANTI_CSRF, secret);
        expose(&mut headers, &ANTI_CSRF);
    }
    headers
}

/// Headers that make the client forget its session, in the transport it used.
pub fn clear(cookies: &Cookies, transport: Transport) -> HeaderMap {
    let mut headers = HeaderMap::new();
    match transport {
        Transport::Header => clear_headers(&mut headers),
        Transport::Cookie => cookies.clear(&mut headers),
    }
    forget_front_token(&mut headers);
    headers
}

/// Headers that make the client forget its session, wherever it keeps it.
pub fn clear_everywhere(cookies: &Cookies) -> HeaderMap {
    let mut headers = HeaderMap::new();
    cookies.clear(&mut headers);
    if cookies.domain.is_some() {
        // From before the domain was set: beside the new ones nobody could tell which is meant.
        Cookies { domain: None, ..cookies.clone() }.clear(&mut headers);
    }
    forget_front_token(&mut headers);
    clear_headers(&mut headers);
    headers
}

fn clear_headers(headers: &mut HeaderMap) {
    for name in [ACCESS_HEADER, REFRESH_HEADER] {
        append(headers, &name, "");
        expose(headers, &name);
    }
}

fn forget_front_token(headers: &mut HeaderMap) {
    append(headers, &FRONT_TOKEN, "remove");
    expose(headers, &FRONT_TOKEN);
}

/// FDI `front-token`: base64 of `{uid, ate, up}`, where `ate` is the expiry in milliseconds and
/// `up` the access token's payload.
fn front_token(claims: &Claims) -> String {
    let content = json!({
        "uid": claims.user_id(),
        "ate": claims.expires_at() * 1000,
        "up": claims.payload(),
    });
    STANDARD.encode(content.to_string())
}

/// Lets scripts of another origin read the header (CORS).
fn expose(headers: &mut HeaderMap, name: &HeaderName) {
    let list = match headers.get(header::ACCESS_CONTROL_EXPOSE_HEADERS) {
        Some(list) => format!("{}, {name}", list.to_str().unwrap_or_default()),
        None => name.to_string(),
    };
    if let Ok(list) = HeaderValue::from_str(&list) {
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, list);
    }
}

fn append(headers: &mut HeaderMap, name: &HeaderName, value: &str) {
    if let Ok(mut value) = HeaderValue::from_str(value) {
        // Most hold a token: none is shown by `Debug`.
        value.set_sensitive(true);
        headers.append(name, value);
    } else {
        tracing::error!(header = %name, "a token that no header can carry");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(name: &HeaderName, values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn two_cookies_of_one_name_are_never_guessed_between() {
        for values in
            [&["sAccessToken=a.b.c; sAccessToken=d.e.f"][..], &["sAccessToken=a", "sAccessToken=b"]]
        {
            assert_eq!(access_token(&request(&header::COOKIE, values)).unwrap_err(), Ambiguous);
        }
    }

    #[test]
    fn a_bearer_that_is_no_jwt_is_no_access_token() {
        let headers = request(&header::AUTHORIZATION, &["Bearer garbage"]);
        assert!(access_token(&headers).unwrap().is_none());
        let found = refresh_token(&headers).unwrap().unwrap();
        assert_eq!(found.token.expose_secret(), "garbage");
    }

    #[test]
    fn cookie_attributes_follow_the_domains() {
        let cookies = |api: &str, website: &str| {
            let cookies =
                Cookies::for_domains(&api.parse().unwrap(), &website.parse().unwrap(), None);
            (cookies.secure, cookies.same_site)
        };
        assert_eq!(
            cookies("http://localhost:3001", "http://localhost:3000"),
            (false, SameSite::Lax)
        );
        assert_eq!(
            cookies("https://api.example.com", "https://example.com"),
            (true, SameSite::Lax)
        );
        assert_eq!(
            cookies("https://api.example.org", "https://example.com"),
            (true, SameSite::None)
        );
    }
}
