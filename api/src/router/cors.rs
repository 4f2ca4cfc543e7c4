//! Requests from other origins: the page's may do all, with credentials; no other may read a
//! thing, but for answers that are for anyone.
//!
//! By hand, because `tower_http::cors` overwrites the `*` of those answers, and answers a
//! preflight with 200 where the FDI has 204.

use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::config::Config;

const METHODS: HeaderValue = HeaderValue::from_static("GET,HEAD,PUT,PATCH,POST,DELETE");
/// As the official SDKs send them.
const HEADERS: HeaderValue =
    HeaderValue::from_static("content-type,rid,fdi-version,anti-csrf,authorization,st-auth-mode");

#[derive(Clone)]
pub struct Cors {
    /// The page's origin. It is answered whoever asks: the browser compares.
    origin: HeaderValue,
}

impl Cors {
    pub fn new(config: &Config) -> Self {
        let origin = config.website_domain().origin().ascii_serialization();
        Self {
            origin: HeaderValue::from_str(&origin)
                .unwrap_or_else(|_| HeaderValue::from_static("null")),
        }
    }
}

pub async fn share(State(cors): State<Cors>, request: Request, next: Next) -> Response {
    let is_preflight = request.method() == Method::OPTIONS;
    let mut response =
        if is_preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.entry(header::ACCESS_CONTROL_ALLOW_ORIGIN).or_insert(cors.origin);
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if headers.contains_key(header::RETRY_AFTER) {
        let retry_after = HeaderValue::from_static("retry-after");
        headers.append(header::ACCESS_CONTROL_EXPOSE_HEADERS, retry_after);
    }
    if is_preflight {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
    }
    response
}
