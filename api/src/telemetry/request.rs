//! One request: its span, its line in the log, its counts.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode},
    middleware::Next,
    response::Response,
};
use sha2::{Digest as _, Sha256};
use tracing::{Instrument as _, Span};

use super::{metrics, traces};

/// The id of a request: accepted if it is well-formed, otherwise made. It is returned.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// nginx's: the client went away before it was answered.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// How many characters of a text that a client chose are logged or traced.
const SHOWN: usize = 64;
/// The same for the path of a URL.
const SHOWN_PATH: usize = 256;
/// How many characters a request id may have.
const MAX_REQUEST_ID: usize = 64;

/// What a handler knows of a request and the router does not: an extension of the answer.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    pub user: Option<UserHash>,
    pub operation: Option<Operation>,
    /// What took how long, as `Server-Timing` has it.
    pub parts: Vec<(&'static str, Duration)>,
}

/// A GraphQL operation as it went.
#[derive(Debug, Clone)]
pub struct Operation {
    /// The name in a manifest.
    pub known: Option<Arc<str>>,
    /// The name that the client gave.
    pub given: Option<String>,
    /// `OK`, or the code of the first error.
    pub code: Arc<str>,
    pub took: Duration,
}

/// By which lines of one user are found, without saying whose they are: the first 8 bytes of the id's
/// SHA-256.
#[derive(Debug, Clone, Copy)]
pub struct UserHash([u8; 8]);

impl UserHash {
    pub fn of(user_id: &str) -> Self {
        let digest = Sha256::digest(user_id);
        Self(std::array::from_fn(|index| digest[index]))
    }
}

impl fmt::Display for UserHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Whether responses have the header `Server-Timing`.
#[derive(Debug, Clone, Copy)]
pub struct Timing(pub bool);

/// Observes one request from its beginning to its answer.
pub async fn observe(State(timing): State<Timing>, request: Request, next: Next) -> Response {
    let span = span(&request);
    traces::follow(&span, request.headers());
    let mut watch = Watch::start(&request, span.clone());
    let mut response = next.run(request).instrument(span).await;
    let observed = response.extensions_mut().remove::<Observed>().unwrap_or_default();
    let took = watch.end(response.status(), &observed);
    if timing.0
        && let Ok(value) = HeaderValue::from_str(&server_timing(took, &observed))
    {
        response.headers_mut().insert(SERVER_TIMING, value);
    }
    response
}

/// Removes a request id that is not 1 to 64 of `[A-Za-z0-9-]`, or is one of several: it is logged, traced and returned.
/// A new one is made in its place.
pub fn accept_request_id(mut request: Request) -> Request {
    let mut ids = request.headers().get_all(&REQUEST_ID).iter();
    let is_accepted = ids.next().is_none_or(is_request_id) && ids.next().is_none();
    if !is_accepted {
        request.headers_mut().remove(&REQUEST_ID);
    }
    request
}

fn is_request_id(id: &HeaderValue) -> bool {
    let id = id.as_bytes();
    (1..=MAX_REQUEST_ID).contains(&id.len())
        && id.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

/// Without the query: an address can hold an email or a token.
fn span(request: &Request) -> Span {
    let id = request.headers().get(&REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
    tracing::info_span!(
        "request",
        request.id = id,
        http.method = known_method(request.method()),
        url.path = shown(request.uri().path(), SHOWN_PATH),
        otel.kind = "server",
    )
}

/// From the first byte to the answer, or to the moment when nobody waits for it any more.
struct Watch {
    started: Instant,
    span: Span,
    method: &'static str,
    route: Arc<str>,
    has_ended: bool,
}

impl Watch {
    fn start(request: &Request, span: Span) -> Self {
        let route = request.extensions().get::<MatchedPath>();
        Self {
            started: Instant::now(),
            span,
            method: known_method(request.method()),
            route: route.map_or("other", MatchedPath::as_str).into(),
            has_ended: false,
        }
    }

    fn end(&mut self, status: StatusCode, observed: &Observed) -> Duration {
        self.finish(status.as_u16(), observed)
    }

    fn finish(&mut self, status: u16, observed: &Observed) -> Duration {
        let took = self.started.elapsed();
        self.has_ended = true;
        metrics::request(self.method, &self.route, status, took);
        if let Some(operation) = &observed.operation {
            let other = || Arc::from("other");
            let name = operation.known.clone().unwrap_or_else(other);
            metrics::operation(&name, Arc::clone(&operation.code), operation.took);
        }
        traces::answered(&self.span, status);
        self.span.in_scope(|| self.write(status, took, observed));
        took
    }

    fn write(&self, status: u16, took: Duration, observed: &Observed) {
        let duration_ms = took.as_secs_f64() * 1000.0;
        let user = observed.user.map(tracing::field::display);
        let operation = observed.operation.as_ref();
        let name = operation.and_then(|operation| {
            operation.known.as_deref().or(operation.given.as_deref()).map(|name| shown(name, SHOWN))
        });
        let code = operation.map(|operation| &*operation.code);
        // What asks all the time whether we are there would hide the rest.
        if matches!(&*self.route, "/livez" | "/readyz") {
            tracing::debug!(status, duration_ms, "{} {}", self.method, self.route);
        } else {
            tracing::info!(
                status,
                duration_ms,
                user,
                operation = name,
                code,
                "{} {}",
                self.method,
                self.route
            );
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if !self.has_ended {
            self.finish(CLIENT_CLOSED_REQUEST, &Observed::default());
        }
    }
}

/// A client can make up methods; a label must not have as many values.
fn known_method(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

fn shown(text: &str, characters: usize) -> &str {
    let end = text.char_indices().nth(characters).map_or(text.len(), |(index, _)| index);
    text.get(..end).unwrap_or(text)
}

/// W3C Server Timing: milliseconds.
fn server_timing(took: Duration, observed: &Observed) -> String {
    let parts = observed.parts.iter().copied().chain([("total", took)]);
    let parts = parts.map(|(name, took)| format!("{name};dur={:.2}", took.as_secs_f64() * 1000.0));
    parts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_told_by_a_hash() {
        let hash = UserHash::of("ada").to_string();
        assert_eq!(hash.len(), 16);
        assert_eq!(hash, UserHash::of("ada").to_string());
        assert_ne!(hash, UserHash::of("bob").to_string());
    }

    #[test]
    fn what_a_client_chose_is_shown_in_part() {
        assert_eq!(shown(&"ä".repeat(100), SHOWN), "ä".repeat(64));
        assert_eq!(shown("Todos", SHOWN), "Todos");
    }

    #[test]
    fn request_id_has_64_letters_digits_and_hyphens_at_most() {
        let is_accepted = |ids: &[&str]| {
            let mut request = Request::default();
            for id in ids {
                request.headers_mut().append(REQUEST_ID, HeaderValue::from_str(id).unwrap());
            }
            accept_request_id(request).headers().contains_key(REQUEST_ID)
        };
        for id in ["a", "0b6e2f0c-7f0a-4a58-8a51-4d1b6d2fd1b7", &"x".repeat(64)] {
            assert!(is_accepted(&[id]), "{id}");
        }
        for id in ["", " ", "a b", "a_b", "a\tb", "a;b", "ä", "a\"b", &"x".repeat(65)] {
            assert!(!is_accepted(&[id]), "{id}");
        }
        assert!(!is_accepted(&["a", "b"]), "which of them it is, nothing says");
    }

    #[test]
    fn server_timing_is_in_milliseconds() {
        let observed =
            Observed { parts: vec![("session", Duration::from_micros(50))], ..Observed::default() };
        let text = server_timing(Duration::from_millis(3), &observed);
        assert_eq!(text, "session;dur=0.05, total;dur=3.00");
    }
}
