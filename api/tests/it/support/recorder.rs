//! A proxy of HTTP in front of a Core that keeps every request.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    Json, Router,
    body::{Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use tokio::net::TcpListener;
use url::Url;

/// Headers by name.
pub type Headers = BTreeMap<String, String>;

/// A request that was sent to the Core.
#[derive(Debug)]
pub struct Sent {
    pub method: String,
    /// Without the query.
    pub path: String,
    pub headers: Headers,
    pub body: Bytes,
}

pub struct Recorder {
    pub url: String,
    state: Arc<Inner>,
}

struct Inner {
    core: Url,
    http: reqwest::Client,
    /// Answers in place of the Core's, by path.
    answers: Mutex<BTreeMap<String, Value>>,
    spoils_key: AtomicBool,
    sent: Mutex<Vec<Sent>>,
}

impl Recorder {
    pub async fn before(core: &str) -> Self {
        Self::start(core).await
    }

    /// The Core appears to answer `GET /apiversion` with this.
    pub async fn speaking(core: &str, versions: Value) -> Self {
        let recorder = Self::start(core).await;
        recorder.answer("/apiversion", versions);
        recorder
    }

    async fn start(core: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let state = Arc::new(Inner {
            core: core.parse().expect("a URL"),
            http: reqwest::Client::builder().no_proxy().build().expect("a client"),
            answers: Mutex::default(),
            spoils_key: AtomicBool::new(false),
            sent: Mutex::default(),
        });
        let router = Router::new().fallback(forward).with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, state }
    }

    /// Takes what was sent since the last call.
    pub fn take(&self) -> Vec<Sent> {
        std::mem::take(&mut *lock(&self.state.sent))
    }

    /// From now on the Core appears to answer requests of `path` with this.
    pub fn answer(&self, path: &str, answer: Value) {
        lock(&self.state.answers).insert(path.to_owned(), answer);
    }

    /// From now on the Core is sent another API key than the client's.
    pub fn spoil_key(&self) {
        self.state.spoils_key.store(true, Ordering::Relaxed);
    }
}

async fn forward(State(state): State<Arc<Inner>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a body");
    let path = parts.uri.path().to_owned();
    let sent = Sent {
        method: parts.method.to_string(),
        path: path.clone(),
        headers: text(&parts.headers),
        body: body.clone(),
    };
    lock(&state.sent).push(sent);
    let answer = lock(&state.answers).get(&path).cloned();
    if let Some(answer) = answer {
        return Json(answer).into_response();
    }
    let query = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let url = state.core.join(&format!("{path}{query}")).expect("a URL");
    let mut headers = parts.headers;
    headers.remove(header::HOST);
    if state.spoils_key.load(Ordering::Relaxed) {
        headers.insert("api-key", HeaderValue::from_static("another-key-0123456789"));
    }
    let request = state.http.request(parts.method, url).headers(headers).body(body);
    let Ok(response) = request.send().await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let status = response.status();
    let content_type = response.headers().get(header::CONTENT_TYPE).cloned();
    let body = response.bytes().await.expect("a body");
    let mut response = (status, body).into_response();
    if let Some(content_type) = content_type {
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    }
    response
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn text(headers: &HeaderMap) -> Headers {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}
