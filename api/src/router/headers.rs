//! Headers that every answer carries for the browser's sake.

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::Response,
};

use crate::config::Config;

#[derive(Clone)]
pub struct Security {
    page_policy: HeaderValue,
    is_https: bool,
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

const FOR_A_YEAR: HeaderValue = HeaderValue::from_static("max-age=31536000; includeSubDomains");

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
            is_https: api.scheme() == "https",
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
        if self.is_https {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, FOR_A_YEAR);
        }
        response
    }
}
