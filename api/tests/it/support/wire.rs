//! What the service sends to the database, and when it waits for an answer: seen by a proxy in between.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::Router;
use clock::Clock;
use serde_json::json;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::{Instant, sleep},
};
use url::Url;

use super::{
    app::{TestApp, User},
    database::TestDatabase,
};

/// Stands for what says whose the transaction is, and that it changes nothing.
pub const CLAIMS_TO_READ: &str = "claims, to read";
pub const CLAIMS: &str = "claims";
/// Stands for any other statement; what begins and ends a transaction stands for itself.
pub const STATEMENT: &str = "a statement";

/// Of the protocol's messages, how a statement is shown.
fn shown(sql: &str) -> &str {
    match sql {
        "BEGIN" | "COMMIT" | "ROLLBACK" => sql,
        claims if claims.contains("'transaction_read_only'") => CLAIMS_TO_READ,
        claims if claims.contains("'request.jwt.claims'") => CLAIMS,
        _ => STATEMENT,
    }
}

/// What the service sent, and what of it is not answered yet.
#[derive(Default)]
struct Seen {
    trips: Vec<Vec<String>>,
    /// Each SQL text, as it was sent.
    texts: Vec<String>,
    unanswered: usize,
    is_in_transaction: bool,
}

#[derive(Clone, Default)]
pub struct Wire(Arc<Mutex<Seen>>);

impl Wire {
    /// A proxy in front of the database, and the URL of the login through it.
    async fn tap(&self, database: &TestDatabase) -> Url {
        let mut url: Url = database.login_url().parse().expect("a URL");
        let server = (url.host_str().expect("a host").to_owned(), url.port().unwrap_or(5432));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        url.set_port(Some(listener.local_addr().expect("an address").port())).expect("a port");
        let wire = self.clone();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let mut server = TcpStream::connect(server.clone()).await.expect("the database");
                begin(&mut client, &mut server).await;
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                tokio::spawn(wire.clone().answer(from_server, to_client));
                tokio::spawn(wire.clone().forward(from_client, to_server));
            }
        });
        url
    }

    /// PostgreSQL's protocol, "Message Formats".
    async fn forward(self, mut client: OwnedReadHalf, mut server: OwnedWriteHalf) -> Option<()> {
        let mut prepared = HashMap::new();
        let (mut bound, mut executed) = (String::new(), Vec::new());
        loop {
            let kind = client.read_u8().await.ok()?;
            let body = read_body(&mut client).await?;
            let mut texts = body[4..].split(|byte| *byte == 0).map(String::from_utf8_lossy);
            let mut text = || texts.next().unwrap_or_default().into_owned();
            match kind {
                b'Q' => {
                    let sql = text();
                    self.sent(vec![shown(&sql).to_owned()]);
                    self.seen().texts.push(sql);
                }
                b'P' => {
                    let (name, sql) = (text(), text());
                    prepared.insert(name, shown(&sql).to_owned());
                    self.seen().texts.push(sql);
                }
                // The portal, the statement's name.
                b'B' => bound = prepared.get(&(text(), text()).1).cloned().unwrap_or_default(),
                b'E' => executed.push(bound.clone()),
                b'S' => self.sent(std::mem::take(&mut executed)),
                _ => {}
            }
            server.write_u8(kind).await.ok()?;
            server.write_all(&body).await.ok()?;
        }
    }

    /// The server says `ReadyForQuery` once for what was noted together, and whether it is inside a
    /// transaction.
    async fn answer(self, mut server: OwnedReadHalf, mut client: OwnedWriteHalf) -> Option<()> {
        loop {
            let kind = server.read_u8().await.ok()?;
            let body = read_body(&mut server).await?;
            client.write_u8(kind).await.ok()?;
            client.write_all(&body).await.ok()?;
            if kind == b'Z' {
                let mut seen = self.seen();
                seen.unanswered = seen.unanswered.saturating_sub(1);
                seen.is_in_transaction = body.get(4) != Some(&b'I');
            }
        }
    }

    /// Each SQL text that was sent so far.
    pub fn texts(&self) -> Vec<String> {
        self.seen().texts.clone()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is sent while all before is answered has waited for that: a trip of its own.
    fn sent(&self, statements: Vec<String>) {
        let mut seen = self.seen();
        if seen.unanswered == 0 {
            seen.trips.push(Vec::new());
        }
        seen.unanswered += 1;
        if let Some(trip) = seen.trips.last_mut() {
            trip.extend(statements);
        }
    }

    /// Waits until the server has answered all and is outside of any transaction, and takes what was
    /// sent: a list for each round trip.
    pub async fn take_transaction(&self) -> Vec<Vec<String>> {
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            {
                let mut seen = self.seen();
                if seen.unanswered == 0 && !seen.is_in_transaction && !seen.trips.is_empty() {
                    return std::mem::take(&mut seen.trips);
                }
            }
            assert!(Instant::now() < deadline, "no transaction ended");
            sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Until the startup message none has a type byte; what asks for encryption is answered by one byte.
async fn begin(client: &mut TcpStream, server: &mut TcpStream) -> Option<()> {
    const PROTOCOL_3: u32 = 196_608;
    loop {
        let body = read_body(client).await?;
        let code = u32::from_be_bytes(body.get(4..8)?.try_into().ok()?);
        if code == PROTOCOL_3 {
            return server.write_all(&body).await.ok();
        }
        client.write_u8(b'N').await.ok()?;
    }
}

/// The length, which counts itself, and the rest.
async fn read_body(client: &mut (impl AsyncRead + Unpin)) -> Option<Vec<u8>> {
    let length = client.read_u32().await.ok()?;
    let mut body = length.to_be_bytes().to_vec();
    body.resize(usize::try_from(length).ok()?.max(4), 0);
    client.read_exact(&mut body[4..]).await.ok()?;
    Some(body)
}

/// A service with one connection, whose statements are prepared.
pub async fn warm(wire: &Wire) -> TestApp {
    let database = TestDatabase::migrated().await;
    let url = wire.tap(&database).await;
    let vars = [("DATABASE_MAX_CONNECTIONS", "1")];
    // The listener's own statements do not pass the wire.
    let direct = database.login_url();
    let change = |config: &mut api::config::Config| {
        config.database_authenticated_url = String::from(url).into();
        config.database_url_direct = Some(direct.into());
    };
    TestApp::start_changed(database, &vars, Clock::system(), change, |_| Router::new()).await
}

/// What `query` sends when it is sent for the third time: a list for each round trip.
pub async fn sent(wire: &Wire, user: &User<'_>, query: &str) -> Vec<Vec<String>> {
    let mut sent = Vec::new();
    for _ in 0..3 {
        user.data(query, json!({})).await;
        sent = wire.take_transaction().await;
    }
    sent
}
