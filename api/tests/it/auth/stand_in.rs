//! A Core of the test's own, whose keys the test holds: so it can sign what it likes.

use std::{
    future::pending,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
    signature::KeyPair as _,
};
use axum::{
    Router,
    extract::State,
    http::{StatusCode, Uri, header::CACHE_CONTROL},
    response::{IntoResponse, Response},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use clock::Clock;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tokio::{net::TcpSocket, task::JoinHandle};

use crate::support::app::TestApp;

/// What the tests of a service on a stand-in expect as `iss`.
const ISSUER: &str = "http://localhost:3001/auth";

/// Answers every request alike, and counts them. While the answer is a success, it also speaks a version of the CDI
/// and knows no user, as the check of a Core expects.
pub struct StandIn {
    address: SocketAddr,
    state: Arc<Mutex<Answers>>,
    socket: Option<TcpSocket>,
    server: Option<JoinHandle<()>>,
}

struct Answers {
    status: StatusCode,
    /// No answer at all if there is no body.
    body: Option<String>,
    /// `Cache-Control` of each answer.
    cache_control: Option<&'static str>,
    requests: usize,
    key_fetches: usize,
    /// Requests that hang, and whose client still waits.
    hanging: usize,
}

impl Drop for StandIn {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.abort();
        }
    }
}

impl StandIn {
    /// A Core that publishes these keys.
    pub async fn publishing(keys: &[&Key]) -> Self {
        let mut core = Self::down();
        core.publish(keys);
        core.come_up();
        core
    }

    /// An address of its own where nothing listens yet: connections are refused.
    pub fn down() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
        Self {
            address: socket.local_addr().expect("an address"),
            state: Arc::new(Mutex::new(Answers {
                status: StatusCode::OK,
                body: None,
                cache_control: None,
                requests: 0,
                key_fetches: 0,
                hanging: 0,
            })),
            socket: Some(socket),
            server: None,
        }
    }

    pub fn come_up(&mut self) {
        let socket = self.socket.take().expect("a Core that is down");
        let listener = socket.listen(1024).expect("the port is free");
        let router = Router::new().fallback(answer).with_state(Arc::clone(&self.state));
        self.server = Some(tokio::spawn(async {
            axum::serve(listener, router).await.expect("serves");
        }));
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn publish(&self, keys: &[&Key]) {
        let keys: Vec<_> = keys.iter().map(|key| &key.jwk).collect();
        self.answer(StatusCode::OK, json!({ "keys": keys }).to_string());
    }

    pub fn answer(&self, status: StatusCode, body: String) {
        let mut state = lock(&self.state);
        (state.status, state.body) = (status, Some(body));
    }

    /// From now on answers have this `Cache-Control`.
    pub fn cache(&self, control: &'static str) {
        lock(&self.state).cache_control = Some(control);
    }

    /// From now on requests hang.
    pub fn hang(&self) {
        lock(&self.state).body = None;
    }

    /// Whether a client waits for an answer that does not come.
    pub fn is_hanging(&self) -> bool {
        lock(&self.state).hanging > 0
    }

    pub fn requests(&self) -> usize {
        lock(&self.state).requests
    }

    /// How often the key set was requested.
    pub fn key_fetches(&self) -> usize {
        lock(&self.state).key_fetches
    }

    /// The service with this as its Core.
    pub async fn serve(&self, clock: Clock) -> TestApp {
        let url = self.url();
        let vars = [
            ("SUPERTOKENS_URI", url.as_str()),
            ("API_DOMAIN", "http://localhost:3001"),
            ("WEBSITE_DOMAIN", "http://localhost:3000"),
        ];
        TestApp::start_with(&vars, clock).await
    }
}

async fn answer(State(state): State<Arc<Mutex<Answers>>>, uri: Uri) -> Response {
    let (status, body, cache_control) = {
        let mut state = lock(&state);
        state.requests += 1;
        state.key_fetches += usize::from(uri.path() == "/.well-known/jwks.json");
        (state.status, state.body.clone(), state.cache_control)
    };
    let Some(body) = body else {
        let _hanging = Hanging::new(state);
        return pending().await;
    };
    let body = match uri.path() {
        "/apiversion" if status.is_success() => json!({"versions": ["5.4"]}).to_string(),
        "/user/id" if status.is_success() => json!({"status": "UNKNOWN_USER_ID_ERROR"}).to_string(),
        _ => body,
    };
    let cache_control = cache_control.map(|control| [(CACHE_CONTROL, control)]);
    (status, cache_control, body).into_response()
}

/// Dropped when the client gives up.
struct Hanging(Arc<Mutex<Answers>>);

impl Hanging {
    fn new(state: Arc<Mutex<Answers>>) -> Self {
        lock(&state).hanging += 1;
        Self(state)
    }
}

impl Drop for Hanging {
    fn drop(&mut self) {
        lock(&self.0).hanging -= 1;
    }
}

fn lock(state: &Mutex<Answers>) -> MutexGuard<'_, Answers> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A signing key.
pub struct Key {
    pub kid: String,
    pub encoding: EncodingKey,
    /// As published.
    pub jwk: Value,
    /// Subject public key info, and the bare modulus: what a forger knows of the key.
    pub public_der: Vec<u8>,
    pub modulus: Vec<u8>,
}

impl Key {
    pub fn new(kid: &str) -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key");
        let public = pair.public_key();
        let modulus = public.modulus().big_endian_without_leading_zero().to_vec();
        let exponent = public.exponent().big_endian_without_leading_zero();
        let private = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).expect("PKCS#8");
        Self {
            kid: kid.to_owned(),
            encoding: EncodingKey::from_rsa_pem(pem("PRIVATE", private.as_ref()).as_bytes())
                .expect("a private key"),
            jwk: json!({
                "kty": "RSA",
                "kid": kid,
                "n": URL_SAFE_NO_PAD.encode(&modulus),
                "e": URL_SAFE_NO_PAD.encode(exponent),
                "alg": "RS256",
                "use": "sig",
            }),
            public_der: public.as_der().expect("a public key").as_ref().to_vec(),
            modulus,
        }
    }

    /// The header of an access token.
    pub fn header(&self) -> Header {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(self.kid.clone());
        header.extras.insert("version", "5");
        header
    }

    pub fn sign(&self, claims: &Value) -> String {
        self.sign_with(&self.header(), claims)
    }

    pub fn sign_with(&self, header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &self.encoding).expect("a token")
    }
}

pub fn pem(kind: &str, der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let lines: Vec<_> = base64.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    let lines = lines.join("\n");
    format!("-----BEGIN {kind} KEY-----\n{lines}\n-----END {kind} KEY-----\n")
}

/// The claims of a good access token at `now`, in seconds since 1970.
pub fn claims(now: i64) -> Value {
    json!({
        "iat": now,
        "exp": now + 3600,
        "sub": "8d4e3e52-0c02-4f0f-8d0e-3ad62a7b0b2a",
        "tId": "public",
        "rsub": "8d4e3e52-0c02-4f0f-8d0e-3ad62a7b0b2a",
        "sessionHandle": "40a5f57f-51d0-4a49-8a0a-a6a4b1a3b1d3",
        "refreshTokenHash1": "1e5eda39624597eee577e1497016a6ecdb64202b379c20153f1aa10450b4cdd5",
        "parentRefreshTokenHash1": null,
        "antiCsrfToken": null,
        "iss": ISSUER,
    })
}
