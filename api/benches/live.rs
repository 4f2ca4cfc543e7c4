//! What open sockets cost: `cargo bench -p api --bench live`, with `TEST_DATABASE_URL` as for the tests.
//!
//! The service is a process of its own, so that its memory is not that of its clients. It prints the
//! memory of a socket, and how long a change takes to arrive. `USERS` is how many there are, each with
//! four sockets; 500 by default.

#[path = "../tests/it/support/database.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod database;

use std::{
    process::{Child, Command},
    time::{Duration, Instant},
};

use futures_util::{SinkExt as _, StreamExt as _, stream};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use sqlx::PgConnection;
use supertokens::{core::Core, session::NewSession};
use supertokens_dev_core::DevCore;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::{interval, sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

use self::database::TestDatabase;

const SOCKETS_OF_USER: usize = 4;
const CHANGES: usize = 2_000;
/// Between two changes: 50 a second, which 200 sockets a second are told of.
const PACE: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(30);

const TODO_CHANGED: &str = "subscription { todoChanged { kind todo { task } } }";

type Socket = WebSocketStream<TcpStream>;

/// Killed when dropped.
struct Service {
    process: Child,
    port: u16,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Service {
    async fn start(database: &TestDatabase, core: &DevCore) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let process = Command::new(env!("CARGO_BIN_EXE_api"))
            .env("DATABASE_URL", database.owner_url())
            .env("DATABASE_AUTHENTICATED_URL", database.login_url())
            .env("SUPERTOKENS_URI", core.url().as_str())
            .env("PORT", port.to_string())
            .env("RUST_LOG", "warn")
            .spawn()
            .expect("the service starts");
        let service = Self { process, port };
        service.await_ready().await;
        service
    }

    async fn await_ready(&self) {
        let url = format!("http://127.0.0.1:{}/readyz", self.port);
        let ready = async || -> Option<bool> {
            let body: Value = reqwest::get(&url).await.ok()?.json().await.ok()?;
            Some(body["live"] == "ok")
        };
        let deadline = Instant::now() + PATIENCE;
        while ready().await != Some(true) {
            assert!(Instant::now() < deadline, "the service is not ready");
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Resident memory, in kB.
    fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()));
        let status = status.expect("Linux tells what a process takes");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    async fn token(&self, core: &Core, user_id: &str) -> String {
        let session = NewSession {
            user_id,
            access_token_payload: json!({"iss": format!("http://localhost:{}/auth", self.port)}),
            session_data: json!({}),
            enable_anti_csrf: false,
        };
        let tokens = core.create_session(session).await.expect("the Core answers");
        tokens.access_token.token.expose_secret().to_owned()
    }

    /// A socket whose subscription has begun.
    async fn subscribe(&self, token: &str) -> Socket {
        let address = format!("127.0.0.1:{}", self.port);
        let request = format!("ws://{address}/graphql/ws").into_client_request();
        let mut request = request.expect("a request");
        for (name, value) in [
            ("authorization", format!("Bearer {token}")),
            ("sec-websocket-protocol", "graphql-transport-ws".to_owned()),
        ] {
            request.headers_mut().insert(name, value.parse().expect("a header"));
        }
        let stream = TcpStream::connect(address).await.expect("the service listens");
        let (mut socket, _) = client_async(request, stream).await.expect("a socket");
        let subscribe = json!({"type": "subscribe", "id": "1", "payload": {"query": TODO_CHANGED}});
        for message in [json!({"type": "connection_init"}), subscribe] {
            socket.send(Message::text(message.to_string())).await.expect("it is open");
        }
        assert_eq!(hear(&mut socket).await["type"], "connection_ack");
        assert_eq!(hear(&mut socket).await["payload"]["data"]["todoChanged"]["kind"], "REFETCH");
        socket
    }
}

async fn hear(socket: &mut Socket) -> Value {
    loop {
        if let Message::Text(text) = socket.next().await.expect("open").expect("a message") {
            return serde_json::from_str(&text).expect("JSON");
        }
    }
}

/// Tells how long each change took: its task is when it was sent, in microseconds since `start`.
async fn measure(mut socket: Socket, start: Instant, delays: mpsc::UnboundedSender<Duration>) {
    loop {
        let change = hear(&mut socket).await;
        let arrived = start.elapsed();
        let task = &change["payload"]["data"]["todoChanged"]["todo"]["task"];
        let sent = task.as_str().and_then(|task| task.parse().ok());
        let sent: u64 = sent.unwrap_or_else(|| panic!("too slow at this pace: {change}"));
        if delays.send(arrived.saturating_sub(Duration::from_micros(sent))).is_err() {
            return;
        }
    }
}

async fn change(connection: &mut PgConnection, user_id: &str, start: Instant) {
    sqlx::query("insert into todos (user_id, task) values ($1, $2)")
        .bind(user_id)
        .bind(start.elapsed().as_micros().to_string())
        .execute(connection)
        .await
        .expect("a change");
}

#[tokio::main]
async fn main() {
    let database = TestDatabase::migrated().await;
    let options = supertokens_dev_core::Options::new(database.connect_options());
    let dev_core = supertokens_dev_core::start(options).await.expect("the Core starts");
    let core = Core::new(vec![dev_core.url()], None).expect("a client");
    let service = Service::start(&database, &dev_core).await;

    let number = std::env::var("USERS").ok().and_then(|number| number.parse().ok()).unwrap_or(500);
    let users: Vec<String> = (0..number).map(|_| uuid::Uuid::new_v4().to_string()).collect();
    // The first one makes what is made once.
    drop(service.subscribe(&service.token(&core, &users[0]).await).await);
    let before = service.memory();
    let start = Instant::now();
    let (delays, mut measured) = mpsc::unbounded_channel();
    stream::iter(&users)
        .for_each_concurrent(4, async |user| {
            let token = service.token(&core, user).await;
            for _ in 0..SOCKETS_OF_USER {
                // At once, so that it answers pings.
                tokio::spawn(measure(service.subscribe(&token).await, start, delays.clone()));
            }
        })
        .await;
    let (sockets, open) = ((number * SOCKETS_OF_USER) as u64, service.memory());
    println!(
        "{sockets} open sockets: {} kB each ({before} kB before, {open} kB with them)",
        (open - before) / sockets
    );

    let begun = Instant::now();
    let mut connection = database.connect().await;
    let mut pace = interval(PACE);
    for n in 0..CHANGES {
        pace.tick().await;
        change(&mut connection, &users[n * 7 % number], start).await;
    }
    let mut delays = Vec::new();
    while delays.len() < CHANGES * SOCKETS_OF_USER {
        let delay = timeout(PATIENCE, measured.recv()).await.expect("every change arrives");
        delays.push(delay.expect("a delay"));
    }
    delays.sort();
    let at = |percent: usize| delays[(delays.len() - 1) * percent / 100];
    println!(
        "{} events of {CHANGES} changes in {:.1?}, from sending the INSERT to arrival: p50 {:.1?}, \
         p99 {:.1?}, longest {:.1?}",
        delays.len(),
        begun.elapsed(),
        at(50),
        at(99),
        at(100),
    );
    println!("the service takes {} kB then", service.memory());
}
