//! How tokens travel: in cookies, or in headers.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use cookie::Cookie;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::session::{
    cdi::{CoreToken, SessionTokens},
    claims::{Claims, SessionKeyId, TokenError},
    cookies::{ACCESS_COOKIE, Cookies, REFRESH_COOKIE, REFRESH_PATH},
};

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

/// Two cookies of one of these names: which one is meant cannot be known.
#[derive(Debug, PartialEq, Eq)]
pub struct Ambiguous(pub Vec<&'static str>);

/// Longer texts are not tokens of a Core.
const MAX_TOKEN: usize = 4096;

/// The access token. A bearer token has precedence over a cookie, because a browser never adds one by itself. A bearer
/// of somebody else, such as a proxy or an error tracker, is ignored.
pub fn access_token(headers: &HeaderMap) -> Result<Option<Found>, Ambiguous> {
    let bearer = bearer(headers).filter(|token| token.split('.').count() == 3);
    // Judged only if a cookie competes with it: verification decodes it again.
    let wins = |token: &String| {
        cookies(headers, ACCESS_COOKIE).next().is_none() || is_session_token(token)
    };
    match bearer.filter(wins) {
        Some(token) => Ok(Some(Found { token: token.into(), transport: Transport::Header })),
        None => from_cookie(headers, ACCESS_COOKIE),
    }
}

/// The refresh token, with the same precedence. A second cookie of either name makes a refresh by cookie ambiguous.
pub fn refresh_token(headers: &HeaderMap) -> Result<Option<Found>, Ambiguous> {
    if let Some(token) = bearer(headers).filter(|token| is_refresh_token(token)) {
        return Ok(Some(Found { token: token.into(), transport: Transport::Header }));
    }
    let doubled: Vec<_> = [ACCESS_COOKIE, REFRESH_COOKIE]
        .into_iter()
        .filter(|name| cookies(headers, name).nth(1).is_some())
        .collect();
    if !doubled.is_empty() {
        return Err(Ambiguous(doubled));
    }
    let found = from_cookie(headers, REFRESH_COOKIE)?;
    Ok(found.filter(|found| is_refresh_token(found.token.expose_secret())))
}

/// Whether a bearer token can be a session's access token, judged by its header.
fn is_session_token(token: &str) -> bool {
    !matches!(SessionKeyId::of(token), Err(TokenError::Malformed))
}

/// Whether a text has the form of a Core's refresh tokens: base64 that ends in `.V` and a version.
fn is_refresh_token(text: &str) -> bool {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=_-.".contains(&byte);
    text.rsplit_once(".V").is_some_and(|(content, version)| {
        text.len() <= MAX_TOKEN
            && !content.is_empty()
            && content.bytes().all(is_base64)
            && version.len() == 1
            && version.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Whether the client sends tokens of the other transport than this one.
fn has_other(request: &HeaderMap, transport: Transport) -> bool {
    match transport {
        Transport::Cookie => bearer(request).is_some(),
        Transport::Header => has_cookies(request),
    }
}

fn has_cookies(request: &HeaderMap) -> bool {
    [ACCESS_COOKIE, REFRESH_COOKIE].iter().any(|name| cookies(request, name).next().is_some())
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

fn from_cookie(headers: &HeaderMap, name: &'static str) -> Result<Option<Found>, Ambiguous> {
    let mut values = cookies(headers, name);
    let first = values.next();
    if values.next().is_some() {
        return Err(Ambiguous(vec![name]));
    }
    let token = first.filter(|value| !value.is_empty());
    Ok(token.map(|token| Found { token: token.into(), transport: Transport::Cookie }))
}

/// The values of all cookies of this name.
fn cookies<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = String> + 'a {
    headers
        .get_all(header::COOKIE)
        .iter()
        // Cookies of others may hold any bytes, and must not hide ours.
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .flat_map(Cookie::split_parse_encoded)
        .filter_map(Result::ok)
        .filter(move |cookie| cookie.name() == name)
        .map(|cookie| cookie.value().to_owned())
}

/// Headers for a sign-in that remove cookies of ours at other domains, if the client sent any.
pub fn clear_others(cookies: &Cookies, request: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if has_cookies(request) {
        cookies.clear_others(&mut headers);
    }
    headers
}

/// Adds the headers that hand a new or refreshed session to the client. What it sent in the other transport is removed:
/// otherwise that session would come back after this one ends.
pub fn attach(
    mut headers: HeaderMap,
    cookies: &Cookies,
    transport: Transport,
    request: &HeaderMap,
    tokens: &SessionTokens,
    claims: &Claims,
    now: DateTime<Utc>,
) -> HeaderMap {
    if has_other(request, transport) {
        match transport {
            Transport::Cookie => clear_headers(&mut headers),
            Transport::Header => cookies.clear(&mut headers),
        }
    }
    attach_access_to(&mut headers, cookies, transport, &tokens.access_token, claims, now);
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
    attach_access_to(&mut headers, cookies, transport, access, claims, now);
    headers
}

fn attach_access_to(
    headers: &mut HeaderMap,
    cookies: &Cookies,
    transport: Transport,
    access: &CoreToken,
    claims: &Claims,
    now: DateTime<Utc>,
) {
    append(headers, &FRONT_TOKEN, &front_token(claims));
    expose(headers, &FRONT_TOKEN);
    match transport {
        Transport::Header => {
            append(headers, &ACCESS_HEADER, access.token.expose_secret());
            expose(headers, &ACCESS_HEADER);
        }
        Transport::Cookie => {
            let expires = now + ACCESS_COOKIE_LIFE;
            cookies.set(headers, ACCESS_COOKIE, access.token.expose_secret(), expires);
        }
    }
    if let Some(secret) = claims.anti_csrf_token() {
        append(headers, &ANTI_CSRF, secret);
        expose(headers, &ANTI_CSRF);
    }
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
    cookies.clear_others(&mut headers);
    forget_front_token(&mut headers);
    clear_headers(&mut headers);
    headers
}

/// Headers for a refresh with two cookies of one name. `Ok`: the older ones are removed, and the next refresh works.
/// `Err`: all are removed, so that the user can sign in again.
pub fn clear_doubled(cookies: &Cookies, doubled: &[&'static str]) -> Result<HeaderMap, HeaderMap> {
    let mut headers = HeaderMap::new();
    if cookies.clear_older(&mut headers, doubled) {
        return Ok(headers);
    }
    let mut headers = clear_everywhere(cookies);
    cookies.clear_planted(&mut headers, doubled, REFRESH_PATH);
    Err(headers)
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

pub fn append(headers: &mut HeaderMap, name: &HeaderName, value: &str) {
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
            let headers = request(&header::COOKIE, values);
            assert_eq!(access_token(&headers).unwrap_err(), Ambiguous(vec![ACCESS_COOKIE]));
            assert_eq!(refresh_token(&headers).unwrap_err(), Ambiguous(vec![ACCESS_COOKIE]));
        }
        let headers = request(&header::COOKIE, &["sRefreshToken=a.V2; sRefreshToken=b.V2"]);
        assert_eq!(refresh_token(&headers).unwrap_err(), Ambiguous(vec![REFRESH_COOKIE]));
    }

    #[test]
    fn bearer_of_somebody_else_is_no_token_of_ours() {
        let foreign = jsonwebtoken::encode(
            &jsonwebtoken::Header::default(),
            &json!({"sub": "proxy"}),
            &jsonwebtoken::EncodingKey::from_secret(b"secret"),
        );
        for bearer in ["garbage", "", "a.b.c", "dXNlcjpwYXNz", &foreign.unwrap()] {
            let mut headers = request(&header::COOKIE, &["sAccessToken=x; sRefreshToken=y.V2"]);
            let bearer = HeaderValue::from_str(&format!("Bearer {bearer}")).unwrap();
            headers.insert(header::AUTHORIZATION, bearer);
            let found = access_token(&headers).unwrap().unwrap();
            assert_eq!((found.token.expose_secret(), found.transport), ("x", Transport::Cookie));
            let found = refresh_token(&headers).unwrap().unwrap();
            assert_eq!((found.token.expose_secret(), found.transport), ("y.V2", Transport::Cookie));
        }
    }

    #[test]
    fn refresh_tokens_are_known_by_their_form() {
        for token in ["x.V2", "aGVsbG8=.0a1b.V2", "a-_+/=.b.V0"] {
            assert!(is_refresh_token(token), "{token}");
        }
        for text in
            ["", ".V2", "x", "x.V", "x.V22", "x.Vx", "x y.V2", "x.V2 ", "\u{e9}.V2", "a.b.c"]
        {
            assert!(!is_refresh_token(text), "{text}");
        }
        assert!(!is_refresh_token(&format!("{}.V2", "x".repeat(MAX_TOKEN))));
    }
}
