//! HTTP connections: their number, idle timeouts, and shutdown. axum's own server accepts any number, without a timeout.

mod head;
mod idle;

use std::{convert::Infallible, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use metrics::counter;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::{Instant, sleep, timeout},
};
use tower::ServiceExt as _;

pub use self::idle::IdleTimeout;
use self::idle::{Pulse, Watched};
use crate::{error::ApiError, shutdown::Shutdown, telemetry::metrics::CONNECTIONS_REFUSED};

/// After an error of the system's, such as too many open files: trying again at once would help nobody.
const PAUSE: Duration = Duration::from_secs(1);

/// How much of a request is read ahead. A buffer that is full once counts as too large a head, so that it is larger than
/// [`head::MAX`].
const BUFFER: usize = 72 * 1024;

/// How many are told at once that there is no place; others beyond them are only closed.
const REFUSING: usize = 64;
/// How long one of them may take to say what it wanted, and to hear that.
const REFUSED_WITHIN: Duration = Duration::from_secs(2);

/// How long connections rest, unless the settings say otherwise.
impl Default for IdleTimeout {
    fn default() -> Self {
        Self {
            rest: Duration::from_secs(75),
            rest_when_full: Duration::from_secs(5),
            head: Duration::from_secs(10),
            served: Duration::from_secs(20),
            stall: Duration::from_secs(20),
        }
    }
}

/// The connections of this process; cheap to clone.
#[derive(Clone)]
pub struct Connections(Arc<Inner>);

struct Inner {
    max: usize,
    patience: IdleTimeout,
    places: Arc<Semaphore>,
    refusing: Arc<Semaphore>,
    /// Whether somebody found no place a moment ago.
    is_full: watch::Sender<bool>,
}

impl Connections {
    pub fn new(max: usize, patience: IdleTimeout) -> Self {
        Self(Arc::new(Inner {
            max,
            patience,
            places: Arc::new(Semaphore::new(max)),
            refusing: Arc::new(Semaphore::new(REFUSING)),
            is_full: watch::Sender::new(false),
        }))
    }

    /// How many there are.
    pub fn open(&self) -> usize {
        self.0.max - self.0.places.available_permits()
    }

    /// Serves all who connect, until the service closes and each request under way is answered.
    pub async fn serve(&self, listener: TcpListener, router: Router, shutdown: &Shutdown) {
        let (running, _) = watch::channel(());
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = shutdown.closing() => break,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let Some(place) = self.enter() else {
                        self.refuse(stream);
                        continue;
                    };
                    let (router, shutdown) = (router.clone(), shutdown.clone());
                    let (connections, running) = (self.clone(), running.subscribe());
                    tokio::spawn(async move {
                        connections.attend(stream, peer, router, &shutdown, place).await;
                        drop(running);
                    });
                }
                Err(error) => recover(&error).await,
            }
        }
        drop(listener);
        running.closed().await;
    }

    /// One connection, from its first byte to its last, or until it is a WebSocket.
    async fn attend(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        router: Router,
        shutdown: &Shutdown,
        place: OwnedSemaphorePermit,
    ) {
        // Slower without, and no more than that.
        let _ = stream.set_nodelay(true);
        let pulse = Pulse::new();
        let io = TokioIo::new(Watched::new(stream, pulse.clone(), place));
        let service = service_fn(|request: Request<Incoming>| {
            let (router, shutdown, pulse) = (router.clone(), shutdown.clone(), pulse.clone());
            async move {
                // Not before it is looked at: behind an answer that nobody takes it would last.
                let serving = pulse.serve();
                let response = answer(router, peer, request, &shutdown).await;
                drop(serving);
                Ok::<_, Infallible>(response)
            }
        });
        let connection = http1::Builder::new()
            .max_buf_size(BUFFER)
            .serve_connection(io, service)
            .with_upgrades();
        let mut connection = pin!(connection);
        let mut is_full = self.0.is_full.subscribe();
        let mut look = pin!(sleep(self.0.patience.head));
        let mut is_closing = false;
        loop {
            tokio::select! {
                _ = connection.as_mut() => return,
                () = look.as_mut() => {}
                _ = is_full.changed() => {}
                () = shutdown.closing(), if !is_closing => {
                    is_closing = true;
                    connection.as_mut().graceful_shutdown();
                    continue;
                }
            }
            let full = *is_full.borrow_and_update();
            let Some(left) = pulse.left(&self.0.patience, full) else { return };
            look.as_mut().reset(Instant::now() + left);
        }
    }

    /// A place for one more, unless all are taken: then those that rest make room.
    fn enter(&self) -> Option<OwnedSemaphorePermit> {
        let place = Arc::clone(&self.0.places).try_acquire_owned().ok();
        let is_roomy = self.0.places.available_permits() > self.0.max / 10;
        self.0.is_full.send_if_modified(|is_full| {
            let now = place.is_none() || (*is_full && !is_roomy);
            std::mem::replace(is_full, now) != now
        });
        place
    }

    /// Says so, to as many as can be told.
    fn refuse(&self, stream: TcpStream) {
        counter!(CONNECTIONS_REFUSED).increment(1);
        let Ok(turn) = Arc::clone(&self.0.refusing).try_acquire_owned() else { return };
        tokio::spawn(async move {
            // One that hears nothing is closed, as those beyond are.
            let _ = timeout(REFUSED_WITHIN, tell(stream)).await;
            drop(turn);
        });
    }
}

/// Read first: what nobody has read would reset the connection, and take the answer along.
async fn tell(mut stream: TcpStream) -> io::Result<()> {
    let body = json!({"message": ApiError::TooManyConnections.text()}).to_string();
    let refusal = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nretry-after: 5\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.read(&mut [0; 4096]).await?;
    stream.write_all(refusal.as_bytes()).await?;
    stream.shutdown().await
}

async fn answer(
    router: Router,
    peer: SocketAddr,
    request: Request<Incoming>,
    shutdown: &Shutdown,
) -> Response {
    let mut response = match head::check(&request) {
        Ok(()) => {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            router.oneshot(request).await.unwrap_or_else(|never| match never {})
        }
        Err(refused) => {
            // Rejected before the router, which logs all others.
            tracing::info!(%peer, reason = %refused.text(), "request head rejected");
            let mut response = refused.into_response();
            // Its body is not read.
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            response
        }
    };
    // Whoever asks next should do so elsewhere.
    if shutdown.has_begun() && response.status() != StatusCode::SWITCHING_PROTOCOLS {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

async fn recover(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    // Of one client, who is gone.
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(%error, "no connection can be taken");
        sleep(PAUSE).await;
    }
}
