//! Requests from other origins: the page's may do all, with credentials; no other may read a
//! thing, but for answers that are for anyone.
//!
//! By hand, because `tower_http::cors` overwrites the `*` of those answers, and answers a
//! preflight with 200 where the FDI has 204.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::config::Config;

const METHODS: HeaderValue = HeaderValue::from_static("GET,HEAD,PUT,PATCH,POST,DELETE");
/// As the official SDKs send them, and the trace headers of W3C that browsers' tracing libraries add.
const HEADERS: &str = "content-type,rid,fdi-version,anti-csrf,authorization,st-auth-mode,\
                       traceparent,tracestate,baggage";
const EXPOSED: &str = "retry-after, x-request-id";
/// How long browsers keep a preflight, in seconds. Chromium keeps none longer.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");

#[derive(Clone)]
pub struct Cors {
    /// The page's origin. It is answered whoever asks: the browser compares.
    origin: HeaderValue,
    allowed_headers: HeaderValue,
}

impl Cors {
    pub fn new(config: &Config) -> Self {
        let origin = config.website_domain().origin().ascii_serialization();
        let further = config.http.cors_allowed_headers.iter().map(HeaderName::as_str);
        let allowed: Vec<_> = std::iter::once(HEADERS).chain(further).collect();
        Self {
            origin: HeaderValue::from_str(&origin)
                .unwrap_or_else(|_| HeaderValue::from_static("null")),
            allowed_headers: HeaderValue::from_str(&allowed.join(","))
                .unwrap_or_else(|_| HeaderValue::from_static(HEADERS)),
        }
    }
}

pub async fn share(State(cors): State<Cors>, request: Request, next: Next) -> Response {
    let is_preflight = request.method() == Method::OPTIONS;
    let is_cross_origin = request.headers().contains_key(header::ORIGIN);
    let mut response =
        if is_preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.entry(header::ACCESS_CONTROL_ALLOW_ORIGIN).or_insert(cors.origin);
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if is_preflight {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, cors.allowed_headers);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    } else if is_cross_origin {
        expose(headers, EXPOSED);
    } else if headers.contains_key(header::RETRY_AFTER) {
        expose(headers, "retry-after");
    }
    response
}

/// One header for all names, as some clients read the first alone.
fn expose(headers: &mut HeaderMap, names: &str) {
    let old =
        headers.get(header::ACCESS_CONTROL_EXPOSE_HEADERS).and_then(|value| value.to_str().ok());
    let all = old.map_or_else(|| names.to_owned(), |old| format!("{old}, {names}"));
    if let Ok(all) = HeaderValue::from_str(&all) {
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, all);
    }
}
