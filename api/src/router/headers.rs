//! Headers that every answer carries for the browser's sake.

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use crate::config::Config;

#[derive(Clone)]
pub struct Security {
    page_policy: HeaderValue,
    is_https: bool,
}

/// For the playground: its editor sets styles from script and runs workers from our own origin.
const PLAYGROUND_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; \
     img-src 'self' data:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; \
     frame-ancestors 'none'",
);

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
}

pub async fn secure(State(security): State<Security>, request: Request, next: Next) -> Response {
    let is_playground = request.uri().path().starts_with("/graphiql");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let policy = if is_playground { PLAYGROUND_POLICY } else { security.page_policy };
    // A page that brings a stricter one keeps it.
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if security.is_https {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000; includeSubDomains"),
        );
    }
    response
}
