//! A proxy as it stands in front of several copies of a service: it asks each whether it is ready, and sends
//! requests to those that are.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use reqwest::Client;
use tokio::{
    net::TcpListener,
    task::JoinSet,
    time::{Instant, sleep},
};

/// How often each copy is asked.
const INTERVAL: Duration = Duration::from_millis(100);
const MAX_BODY: usize = 1024 * 1024;

/// Stops with this value.
pub struct Balancer {
    pub url: String,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

struct Shared {
    http: Client,
    copies: Vec<Copy>,
    turn: AtomicUsize,
}

struct Copy {
    port: u16,
    is_ready: AtomicBool,
}

impl Balancer {
    /// Listens there; the copies listen on these ports of this machine.
    pub async fn start(port: u16, copies: &[u16]) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let listener = TcpListener::bind(address).await.expect("a free port");
        let copies = copies.iter().map(|port| Copy { port: *port, is_ready: false.into() });
        let http = Client::builder().no_proxy().build().expect("a client");
        let shared = Arc::new(Shared { http, copies: copies.collect(), turn: AtomicUsize::new(0) });
        let mut tasks = JoinSet::new();
        let router = Router::new().fallback(forward).with_state(Arc::clone(&shared));
        tasks.spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        for copy in 0..shared.copies.len() {
            tasks.spawn(watch(Arc::clone(&shared), copy));
        }
        Self { url: format!("http://localhost:{port}"), shared, _tasks: tasks }
    }

    /// Resolves when requests are sent to so many.
    pub async fn ready(&self, copies: usize, patience: Duration) {
        let deadline = Instant::now() + patience;
        let are_ready = || self.shared.ready().count();
        while are_ready() != copies {
            assert!(Instant::now() < deadline, "{} copies are ready", are_ready());
            sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Shared {
    fn ready(&self) -> impl Iterator<Item = &Copy> {
        self.copies.iter().filter(|copy| copy.is_ready.load(Ordering::SeqCst))
    }
}

async fn watch(shared: Arc<Shared>, copy: usize) {
    let copy = &shared.copies[copy];
    loop {
        let asked = shared.http.get(format!("http://127.0.0.1:{}/readyz", copy.port));
        let answer = asked.timeout(Duration::from_secs(5)).send().await;
        let is_ready = answer.is_ok_and(|answer| answer.status() == StatusCode::OK);
        copy.is_ready.store(is_ready, Ordering::SeqCst);
        sleep(INTERVAL).await;
    }
}

/// To each in its turn. One that cannot be connected to has seen nothing of the request: the next may.
async fn forward(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let mut copies: Vec<_> = shared.ready().collect();
    if !copies.is_empty() {
        let first = shared.turn.fetch_add(1, Ordering::SeqCst) % copies.len();
        copies.rotate_left(first);
    }
    for copy in copies {
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        let url = format!("http://127.0.0.1:{}{path}", copy.port);
        let mut headers = head.headers.clone();
        for of_this_hop in [header::HOST, header::CONNECTION, header::CONTENT_LENGTH] {
            headers.remove(of_this_hop);
        }
        let asked = shared.http.request(head.method.clone(), url).headers(headers);
        match asked.body(body.clone()).send().await {
            Ok(answer) => {
                let (status, headers) = (answer.status(), answer.headers().clone());
                let mut response = Response::new(Body::from(answer.bytes().await.expect("a body")));
                *response.status_mut() = status;
                *response.headers_mut() = headers;
                response.headers_mut().remove(header::TRANSFER_ENCODING);
                response.headers_mut().remove(header::CONNECTION);
                return response;
            }
            Err(error) if error.is_connect() => {}
            Err(error) => return (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
        }
    }
    (StatusCode::BAD_GATEWAY, "no copy is ready").into_response()
}
