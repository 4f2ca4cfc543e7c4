//! The end of the program, told by SIGTERM as supervisors do, and another copy in its place.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

use futures_util::future::join_all;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio::{
    net::TcpStream,
    time::{Instant, sleep},
};

use super::{
    PATIENCE,
    report::{Row, spoken},
};
use crate::{
    live::socket::{PROTOCOL, Socket},
    support::{
        balancer::Balancer,
        database::TestDatabase,
        program::{Program, free_port},
    },
};

const ADD: &str = "mutation($task: String!) { addTodo(input: {task: $task}) { todo { id } } }";

/// Somebody who adds todos by HTTP alone, one after the other.
struct Writer<'a> {
    http: &'a Client,
    url: &'a str,
    access: &'a str,
}

impl Writer<'_> {
    /// The status; none where the connection failed.
    async fn add(&self, task: &str) -> Option<StatusCode> {
        let body = json!({"query": ADD, "variables": {"task": task}});
        let request = self.http.post(format!("{}/graphql", self.url)).bearer_auth(self.access);
        let answer = request.json(&body).send().await.ok()?;
        let status = answer.status();
        let body: Value = answer.json().await.ok()?;
        let is_added = body["data"]["addTodo"]["todo"]["id"].is_string();
        assert_eq!(is_added, status == StatusCode::OK, "{body}");
        Some(status)
    }
}

/// The tasks that are there, in their order.
async fn tasks(database: &TestDatabase) -> Vec<String> {
    let mut connection = database.connect().await;
    let tasks = sqlx::query_scalar("select task from todos order by task");
    tasks.fetch_all(&mut connection).await.expect("the todos")
}

#[tokio::test]
async fn told_to_stop_under_load_it_ends_what_it_began() {
    let database = TestDatabase::migrated().await;
    let mut program = Program::start(&database, &[]).await;
    let access = program.sign_up("ada@example.com").await;
    let address = program.url.strip_prefix("http://").expect("plain HTTP").to_owned();
    let stream = TcpStream::connect(&address).await.expect("it listens");
    let mut socket = Socket::open_at(stream, &address, &[PROTOCOL]).await.expect("a socket");
    let added = AtomicUsize::new(0);
    let (http, url) = (program.http.clone(), program.url.clone());
    // Each until it is let in no more: a request that was begun must be answered.
    let writing = join_all((0..8).map(async |writer| {
        let ada = Writer { http: &http, url: &url, access: &access };
        let mut acknowledged = Vec::new();
        for number in 0.. {
            let task = format!("{writer}-{number:05}");
            match ada.add(&task).await {
                Some(StatusCode::OK) => acknowledged.push(task),
                None => break,
                Some(status) => panic!("{status}"),
            }
            added.fetch_add(1, Ordering::SeqCst);
        }
        acknowledged
    }));
    let stopping = async {
        let deadline = Instant::now() + PATIENCE;
        while added.load(Ordering::SeqCst) < 40 {
            assert!(Instant::now() < deadline, "nothing is added");
            sleep(Duration::from_millis(5)).await;
        }
        let began = Instant::now();
        program.terminate();
        assert_eq!(socket.closed().await, (1001, "going away".into()));
        drop(socket);
        let status = program.ended().await;
        (status, began.elapsed())
    };
    let (acknowledged, (status, took)) = tokio::join!(writing, stopping);
    assert!(status.success(), "{status}: {}", program.written());
    let mut acknowledged = acknowledged.concat();
    acknowledged.sort_unstable();
    let there = tasks(&database).await;
    // Of those that were sent when nobody listened any more, none was done either.
    assert_eq!(there, acknowledged);
    assert!(!program.written().contains("cut off"), "{}", program.written());
    Row {
        about: "restarts",
        fault: "SIGTERM under load (8 writers, a WebSocket)",
        sees: &format!(
            "requests under way are answered, the socket is closed with 1001, then nobody is let in; the \
             process has ended after {}",
            spoken(took)
        ),
        bystanders: None,
        well_after: None,
        kept: &format!("all {} acknowledged todos, and none that was not", there.len()),
    }
    .report();
}

#[tokio::test]
async fn a_rolling_restart_of_two_copies_fails_no_request() {
    let database = TestDatabase::migrated().await;
    let (front, ports) = (free_port(), [free_port(), free_port()]);
    let domain = format!("http://localhost:{front}");
    // Long enough for the proxy to notice, on a busy machine, too.
    let vars = [("API_DOMAIN", domain.as_str()), ("SHUTDOWN_DELAY", "2")];
    let balancer = Balancer::start(front, &ports).await;
    let mut copies = Vec::new();
    for port in ports {
        copies.push(Program::start_on(port, &database, &vars).await);
    }
    balancer.ready(2, PATIENCE).await;
    let access = copies[0].sign_up("ada@example.com").await;
    let http = Client::builder().no_proxy().build().expect("a client");
    let is_over = AtomicBool::new(false);
    let writing = join_all((0..4).map(async |writer| {
        let ada = Writer { http: &http, url: &balancer.url, access: &access };
        let mut acknowledged = Vec::new();
        while !is_over.load(Ordering::SeqCst) {
            let task = format!("{writer}-{:05}", acknowledged.len());
            assert_eq!(ada.add(&task).await, Some(StatusCode::OK), "{task}");
            acknowledged.push(task);
            sleep(Duration::from_millis(5)).await;
        }
        acknowledged
    }));
    let restarting = async {
        let began = Instant::now();
        for (copy, port) in copies.iter_mut().zip(ports) {
            copy.terminate();
            let status = copy.ended().await;
            assert!(status.success(), "{status}: {}", copy.written());
            *copy = Program::start_on(port, &database, &vars).await;
            balancer.ready(2, PATIENCE).await;
        }
        is_over.store(true, Ordering::SeqCst);
        began.elapsed()
    };
    let (acknowledged, took) = tokio::join!(writing, restarting);
    let mut acknowledged = acknowledged.concat();
    acknowledged.sort_unstable();
    assert_eq!(tasks(&database).await, acknowledged);
    Row {
        about: "restarts",
        fault: "two copies behind a proxy are restarted one by one, under load (`SHUTDOWN_DELAY=2`)",
        sees: &format!(
            "nothing: {} requests in {}, none failed",
            acknowledged.len(),
            spoken(took)
        ),
        bystanders: None,
        well_after: None,
        kept: &format!("all {} acknowledged todos, each once", acknowledged.len()),
    }
    .report();
}

#[tokio::test]
async fn who_is_told_to_stop_says_so_before_it_lets_nobody_in() {
    let database = TestDatabase::migrated().await;
    // Long enough for the requests below, on a busy machine, too.
    let mut program = Program::start(&database, &[("SHUTDOWN_DELAY", "8")]).await;
    program.terminate();
    let deadline = Instant::now() + PATIENCE;
    let (status, told, connection) = loop {
        let ready = program.http.get(format!("{}/readyz", program.url)).send().await;
        let ready = ready.expect("it still answers");
        let connection = ready.headers().get("connection").cloned();
        if ready.status() != StatusCode::OK {
            let status = ready.status();
            break (status, ready.json::<Value>().await.expect("JSON"), connection);
        }
        assert!(Instant::now() < deadline, "it is still ready");
    };
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!((&told["service"], &told["database"]), (&json!("stopping"), &json!("ok")));
    // And who asks again should do so elsewhere.
    assert_eq!(connection.expect("a header"), "close");
    assert_eq!(program.post("/graphql", None, &json!({})).await.status(), 401);
    assert!(program.ended().await.success());
}
