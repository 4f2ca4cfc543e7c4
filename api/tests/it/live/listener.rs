//! The connection that listens, readers that are slow, and the end of the service.

use std::time::Duration;

use api::server;
use serde_json::json;
use tokio::{
    net::TcpListener,
    sync::oneshot,
    time::{Instant, timeout},
};

use super::{refetch, socket::Socket, subscribed, told};
use crate::support::{
    app::{TestApp, config},
    database::TestDatabase,
};

const PATIENCE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn after_a_lost_connection_everybody_reads_again_and_is_told_of_what_follows() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.guest("ada").await, app.guest("eve").await);
    let (mut adas, mut eves) = (subscribed(&app, &ada).await, subscribed(&app, &eve).await);
    let end = "select pg_terminate_backend(pid) from pg_stat_activity
               where datname = current_database() and application_name = 'todos live'";
    app.database.execute(end).await;
    assert_eq!((adas.change().await, eves.change().await), (refetch(), refetch()));
    let id = ada.add("after").await;
    assert_eq!(adas.change().await, told("ADDED", &id, "after", false));
    eves.is_open().await;
}

#[tokio::test]
async fn an_outage_of_the_database_closes_no_socket() {
    let app = TestApp::start().await;
    let ada = app.guest("ada").await;
    let mut socket = subscribed(&app, &ada).await;
    app.database.stop().await;
    let deadline = Instant::now() + PATIENCE;
    while app.state.live.is_listening() {
        assert!(Instant::now() < deadline, "nobody notices");
        tokio::task::yield_now().await;
    }
    socket.is_open().await;
    app.database.resume().await;
    assert_eq!(socket.change().await, refetch());
    // Connections of the pool that ended meanwhile may cost a read: then it says so.
    for _ in 0..10 {
        app.database.execute("insert into todos (user_id, task) values ('ada', 'after')").await;
        let change = socket.change().await;
        if change != refetch() {
            assert_eq!(change["todo"]["task"], "after");
            return;
        }
    }
    panic!("nothing is read any more");
}

#[tokio::test]
async fn a_reader_that_is_slow_is_told_to_read_again() {
    const STATEMENTS: usize = 80;
    let app = TestApp::start().await;
    let ada = app.guest("ada").await;
    app.state.live.listening().await;
    let mut slow = Socket::of_slow(&app, &ada).await;
    let mut quick = subscribed(&app, &ada).await;
    slow.subscribe("1", super::TODO_CHANGED).await;
    assert_eq!(slow.change().await, refetch());

    // More than the system keeps for the slow one: 4 kB each.
    let insert = "insert into todos (user_id, task)
                  select 'ada', repeat('😀', 1000) from generate_series(1, 50)";
    for _ in 0..STATEMENTS {
        app.database.execute(insert).await;
        for _ in 0..50 {
            assert_eq!(quick.change().await["kind"], "ADDED");
        }
    }
    let mut told = 0;
    while slow.change().await != refetch() {
        told += 1;
    }
    assert!(told < STATEMENTS * 50, "all {told} were kept for it");
    // From there on it is told again.
    app.database.execute("insert into todos (user_id, task) values ('ada', 'after')").await;
    loop {
        let change = slow.change().await;
        if change["todo"]["task"] == "after" {
            break;
        }
        assert_eq!(change["kind"], "ADDED", "{change}");
    }
}

#[tokio::test]
async fn a_service_that_stops_says_so_to_its_sockets() {
    let app = TestApp::start().await;
    let mut socket = subscribed(&app, &app.guest("ada").await).await;
    app.state.sockets.close();
    assert_eq!(socket.closed().await, (1001, "going away".into()));
    timeout(PATIENCE, app.state.sockets.finish()).await.expect("none is left");
    let refused = Socket::open(&app, &[super::socket::PROTOCOL]).await.err().expect("refused");
    assert_eq!(refused.0, 503);
}

#[tokio::test]
async fn an_open_socket_does_not_keep_the_process() {
    let database = TestDatabase::migrated().await;
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = free.local_addr().expect("an address").port();
    drop(free);
    let (stop, stopped) = oneshot::channel();
    let config = config(&database, port, &[]);
    let server = tokio::spawn(server::serve(config, async {
        let _ = stopped.await;
    }));
    let address = format!("127.0.0.1:{port}");
    let deadline = Instant::now() + PATIENCE;
    let stream = loop {
        match tokio::net::TcpStream::connect(&address).await {
            Ok(stream) => break stream,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let mut socket =
        Socket::open_at(stream, &address, &[super::socket::PROTOCOL]).await.expect("a socket");
    socket.say(json!({"type": "ping"})).await;
    assert_eq!(socket.hear().await, json!({"type": "pong"}));
    stop.send(()).expect("it runs");
    assert_eq!(socket.closed().await, (1001, "going away".into()));
    drop(socket);
    let ended = timeout(PATIENCE, server).await.expect("it ends").expect("without a panic");
    ended.expect("without an error");
}
