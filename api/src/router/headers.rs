//! Headers that every answer carries for the browser's sake.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::Response,
};

use crate::config::{Config, Switch};

#[derive(Clone)]
pub struct Security {
    page_policy: HeaderValue,
    transport_security: Option<HeaderValue>,
}

/// Whatever is answered.
static ALWAYS: [(HeaderName, HeaderValue); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=()"),
    ),
];

const FOR_A_YEAR: HeaderValue = HeaderValue::from_static("max-age=31536000");
const FOR_A_YEAR_WITH_SUBDOMAINS: HeaderValue =
    HeaderValue::from_static("max-age=31536000; includeSubDomains");

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
/// What hands over tokens: RFC 6749, 5.1, has such responses not stored.
static WITH_TOKENS: [HeaderName; 5] = [
    header::SET_COOKIE,
    HeaderName::from_static("st-access-token"),
    HeaderName::from_static("st-refresh-token"),
    HeaderName::from_static("front-token"),
    HeaderName::from_static("anti-csrf"),
];

impl Security {
    pub fn new(config: &Config) -> Self {
        let api = config.api_domain();
        let api_origin = api.origin().ascii_serialization();
        // Of WebSockets, browsers take `'self'` to mean one's own, but no origin of http.
        let sockets = api_origin.replacen("http", "ws", 1);
        let policy = format!(
            "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
             connect-src 'self' {api_origin} {sockets}; object-src 'none'; \
             base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        );
        Self {
            page_policy: HeaderValue::from_str(&policy)
                .unwrap_or_else(|_| HeaderValue::from_static("default-src 'self'")),
            transport_security: (api.scheme() == "https").then_some(
                match config.http.hsts_subdomains {
                    Switch::On => FOR_A_YEAR_WITH_SUBDOMAINS,
                    Switch::Off => FOR_A_YEAR,
                },
            ),
        }
    }

    /// The answer, with all of them.
    pub fn secure(&self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        // A page that brings another policy keeps it.
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert_with(|| self.page_policy.clone());
        for (name, value) in &ALWAYS {
            headers.insert(name, value.clone());
        }
        if let Some(value) = &self.transport_security {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, value.clone());
        }
        if WITH_TOKENS.iter().any(|name| headers.contains_key(name)) {
            headers.insert(header::CACHE_CONTROL, NO_STORE);
        }
        weaken_etag(headers);
        response
    }
}

/// A response that is compressed on the way has other bytes than its strong `ETag` names (RFC 9110, 8.8.3.3). Those of
/// files that are kept compressed end in their encoding.
fn weaken_etag(headers: &mut HeaderMap) {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(encoding), Some(etag)) = (text(&header::CONTENT_ENCODING), text(&header::ETAG))
    else {
        return;
    };
    if etag.starts_with("W/") || etag.ends_with(&format!(".{encoding}\"")) {
        return;
    }
    if let Ok(weak) = HeaderValue::from_str(&format!("W/{etag}")) {
        headers.insert(header::ETAG, weak);
    }
}
