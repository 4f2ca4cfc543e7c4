//! What the service sends to the database, seen by a proxy in between.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use api::clock::Clock;
use axum::Router;
use serde_json::json;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt, copy},
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

pub const STATEMENT: &str = "a prepared statement";
pub const PING: &str = "a ping";

/// What the service sent that the server answers with `ReadyForQuery`, each one a round trip.
#[derive(Clone, Default)]
pub struct Wire(Arc<Mutex<Vec<String>>>);

impl Wire {
    /// A proxy in front of the database, and the URL of the login through it.
    async fn tap(&self, database: &TestDatabase) -> Url {
        let mut url: Url = database.login_url().parse().expect("a URL");
        let server = (url.host_str().expect("a host").to_owned(), url.port().unwrap_or(5432));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        url.set_port(Some(listener.local_addr().expect("an address").port())).expect("a port");
        let wire = self.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(server.clone()).await.expect("the database");
                let (from_client, mut to_client) = client.into_split();
                let (mut from_server, to_server) = server.into_split();
                tokio::spawn(async move { copy(&mut from_server, &mut to_client).await });
                tokio::spawn(wire.clone().forward(from_client, to_server));
            }
        });
        url
    }

    /// PostgreSQL's protocol, "Message Formats": until the startup message none has a type byte.
    async fn forward(self, mut client: OwnedReadHalf, mut server: OwnedWriteHalf) -> Option<()> {
        const PROTOCOL_3: u32 = 196_608;
        loop {
            let body = read_body(&mut client).await?;
            let code = u32::from_be_bytes(body.get(4..8)?.try_into().ok()?);
            server.write_all(&body).await.ok()?;
            if code == PROTOCOL_3 {
                break;
            }
        }
        let mut executes = false;
        loop {
            let kind = client.read_u8().await.ok()?;
            let body = read_body(&mut client).await?;
            match kind {
                b'Q' => self.note(String::from_utf8_lossy(&body[4..]).into_owned()),
                b'E' => executes = true,
                b'S' if std::mem::take(&mut executes) => self.note(STATEMENT.into()),
                b'S' => self.note(PING.into()),
                _ => {}
            }
            server.write_u8(kind).await.ok()?;
            server.write_all(&body).await.ok()?;
        }
    }

    fn note(&self, message: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(message);
    }

    /// Waits until a connection has returned to the pool, which sends a ping, and takes what was sent.
    pub async fn take_transaction(&self) -> Vec<String> {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            {
                let mut messages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                if messages.last().is_some_and(|last| last == PING) {
                    return std::mem::take(&mut messages);
                }
            }
            assert!(Instant::now() < deadline, "no transaction ended");
            sleep(Duration::from_millis(5)).await;
        }
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
    let change = |config: &mut api::config::Config| {
        config.database_authenticated_url = String::from(url).into();
    };
    TestApp::start_changed(database, &vars, Clock::system(), change, |_| Router::new()).await
}

/// What `query` sends when it is sent for the third time.
pub async fn sent(wire: &Wire, user: &User<'_>, query: &str) -> Vec<String> {
    let mut sent = Vec::new();
    for _ in 0..3 {
        user.data(query, json!({})).await;
        sent = wire.take_transaction().await;
    }
    sent
}
