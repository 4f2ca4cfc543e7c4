//! How hosts are chosen, and what a connection may wait for.

use std::{collections::HashSet, time::Duration};

use pg_scope::{Error, Listener, Options, Pool};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, UnixListener},
    sync::oneshot,
};

use super::{
    read_as,
    server::{Response, Server, handshake, read_body, ready},
};

const GENEROUS: Duration = Duration::from_mins(1);

fn port(server: &Server) -> u16 {
    let url = server.url().split(['@', '/', ':']).find_map(|part| part.parse().ok());
    url.expect("a port")
}

fn options(authority: &str, query: &str) -> Options {
    let url = format!("postgres://user@{authority}/database?sslmode=disable&{query}");
    Options::from_url(&url).expect("a URL").acquire_timeout(GENEROUS).max_connections(1)
}

/// A host that accepts connections and never responds.
async fn silent() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    (listener, port)
}

#[tokio::test]
async fn silent_host_does_not_starve_the_second() {
    let (_silent, silent_port) = silent().await;
    let server = Server::start([Response::Send(ready(b'I'))]).await;
    let hosts = format!("127.0.0.1:{silent_port},127.0.0.1:{}", port(&server));
    // As a cap for each host, also if all hosts together have less time.
    for (query, within) in [("", 2), ("connect_timeout=1", 1)] {
        let options = options(&hosts, query).connect_timeout(Duration::from_secs(within));
        let pool = Pool::new(options);
        drop(pool.begin(read_as("ada")).await.expect("a connection to the second host"));
    }
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn late_connection_serves_later_transactions() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let (wake, woken) = oneshot::channel::<()>();
    let server = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.expect("a connection");
        read_body(&mut socket).await.expect("a startup message");
        woken.await.expect("the test goes on");
        socket.write_all(&handshake()).await.expect("the handshake");
        // No other connection is opened.
        let another = tokio::time::timeout(Duration::from_millis(200), listener.accept()).await;
        another.is_err()
    });
    let options = options(&format!("127.0.0.1:{port}"), "connect_timeout=60");
    let pool = Pool::new(options.acquire_timeout(Duration::from_millis(50)));
    for _ in 0..3 {
        let error = pool.begin(read_as("ada")).await.expect_err("the server is asleep");
        assert!(matches!(error, Error::AcquireTimeout(_)), "{error}");
    }
    wake.send(()).expect("the server waits");
    let deadline = tokio::time::Instant::now() + GENEROUS;
    while let Err(error) = pool.begin(read_as("ada")).await {
        assert!(tokio::time::Instant::now() < deadline, "{error}");
    }
    assert!(server.await.expect("no panic"), "a second connection was opened");
}

#[tokio::test]
async fn hosts_are_balanced_if_the_url_requires_it() {
    let servers = [Server::start([]).await, Server::start([]).await];
    let hosts = servers.each_ref().map(|server| format!("127.0.0.1:{}", port(server))).join(",");
    for (query, expected) in [("", [40, 0]), ("load_balance_hosts=random", [41, 1])] {
        for _ in 0..40 {
            Listener::connect(&options(&hosts, query)).await.expect("a connection");
        }
        let connections = servers.each_ref().map(Server::connections);
        assert!(connections[0] >= expected[0] && connections[1] >= expected[1], "{connections:?}");
    }
    assert_eq!(servers.iter().map(Server::connections).sum::<usize>(), 80);
}

#[tokio::test]
async fn hostaddr_is_connected_to_without_a_lookup() {
    let server = Server::start([]).await;
    let authority = format!("database.invalid:{}", port(&server));
    Listener::connect(&options(&authority, "hostaddr=127.0.0.1")).await.expect("a connection");
    Listener::connect(&options(&authority, "")).await.expect_err("no such host");
}

#[tokio::test]
async fn unix_socket_needs_no_tls() {
    let folder = tempfile::tempdir().expect("a folder");
    let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).expect("a socket");
    let server = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.expect("a connection");
        let mut first = [0; 8];
        socket.read_exact(&mut first).await.expect("a startup message");
        socket.write_all(&handshake()).await.expect("the handshake");
        first
    });
    let url =
        format!("postgres:///database?host={}&user=user&sslmode=require", folder.path().display());
    let options = Options::from_url(&url).expect("a URL");
    assert!(options.is_local());
    Listener::connect(&options).await.expect("a connection");
    // The version of the protocol, and no SSLRequest.
    assert_eq!(server.await.expect("no panic")[4..], [0, 3, 0, 0]);
}

#[tokio::test]
async fn listener_receives_what_others_notify() {
    let options = super::postgres("listener");
    let (mut listener, mut other) = (
        Listener::connect(&options).await.expect("one"),
        Listener::connect(&options).await.expect("two"),
    );
    let channel = format!("a \"channel\" {}", std::process::id());
    listener.listen(&channel).await.expect("LISTEN");
    let mut expected = HashSet::new();
    for payload in ["one", "two"] {
        other.notify(&channel, payload).await.expect("NOTIFY");
        expected.insert(payload.to_owned());
        // A notification that arrives with a response is kept.
        listener.ping().await.expect("a response");
    }
    while !expected.is_empty() {
        let received = tokio::time::timeout(GENEROUS, listener.receive()).await;
        let received = received.expect("in time").expect("a notification");
        assert_eq!(&*received.channel, channel);
        assert!(expected.remove(&*received.payload), "{received:?}");
    }
}
