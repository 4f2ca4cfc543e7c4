//! Many users at once over few connections, some of whom go away in the middle.

use std::{sync::Arc, time::Duration};

use axum::{Router, body::Body, http::Request};
use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::Row as _;
use tokio::time::timeout;
use tower::ServiceExt as _;
use uuid::Uuid;

use super::super::cancellation::assert_comes_to_rest;
use crate::support::{app::TestApp, numbers::Numbers};

const USERS: usize = 200;
const REQUESTS: usize = 10_000;
const AT_ONCE: usize = 32;
/// Every so many requests one is given up before its answer.
const ABORTED: u64 = 4;

struct Person {
    id: String,
    bearer: String,
}

/// A request of this person: their tasks all have their own id for a text.
fn request(person: &Person, numbers: &mut Numbers) -> Request<Body> {
    let any_id = numbers.below(2_000).to_string();
    let (query, variables) = match numbers.below(10) {
        0..4 => ("{ todos(first: 100) { nodes { task } } }", json!({})),
        4..7 => (
            "mutation($task: String!) { addTodo(input: {task: $task}) { todo { task } } }",
            json!({"task": person.id}),
        ),
        7 => ("query($id: ID!) { todo(id: $id) { task } }", json!({"id": any_id})),
        8 => {
            ("mutation($id: ID!) { toggleTodo(id: $id) { todo { task } } }", json!({"id": any_id}))
        }
        _ => (
            "mutation($id: ID!, $task: String!) {
                updateTodo(input: {id: $id, task: $task}) { todo { task } } }",
            json!({"id": any_id, "task": person.id}),
        ),
    };
    let body = json!({"query": query, "variables": variables}).to_string();
    Request::post("/graphql")
        .header("authorization", &person.bearer)
        .header("content-type", "application/json")
        .body(Body::from(body))
        .expect("a request")
}

/// Every `task` in an answer.
fn tasks(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(map) => map
            .iter()
            .flat_map(|(name, value)| match value.as_str() {
                Some(task) if name == "task" => vec![task],
                _ => tasks(value),
            })
            .collect(),
        Value::Array(list) => list.iter().flat_map(tasks).collect(),
        _ => Vec::new(),
    }
}

/// Answers how many requests were answered, and how many tasks were seen.
async fn worker(router: Router, people: Arc<Vec<Person>>, seed: u64) -> (usize, usize) {
    let mut numbers = Numbers(seed);
    let (mut answered, mut tasks_seen) = (0, 0);
    for _ in 0..REQUESTS / AT_ONCE {
        let person = &people[usize::try_from(numbers.below(USERS as u64)).expect("small")];
        let asked = router.clone().oneshot(request(person, &mut numbers));
        let patience = match numbers.below(ABORTED) {
            0 => Duration::from_micros(numbers.below(8_000)),
            _ => Duration::from_mins(1),
        };
        let Ok(answer) = timeout(patience, asked).await else { continue };
        let body = answer.expect("an answer").into_body();
        let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        for task in tasks(&body) {
            assert_eq!(task, person.id, "somebody else's: {body}");
            tasks_seen += 1;
        }
        answered += 1;
    }
    (answered, tasks_seen)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_requests_of_two_hundred_users_over_four_connections_never_cross() {
    let vars = [("DATABASE_MAX_CONNECTIONS", "4"), ("REQUEST_TIMEOUT", "300")];
    let app = TestApp::start_with(&vars, clock::Clock::system()).await;
    let mut people = Vec::new();
    for _ in 0..USERS {
        let user = app.guest(&Uuid::new_v4().to_string()).await;
        people.push(Person { bearer: format!("Bearer {}", user.access_token), id: user.id });
    }
    let people = Arc::new(people);
    let workers = (0..AT_ONCE as u64)
        .map(|seed| tokio::spawn(worker(app.router.clone(), Arc::clone(&people), seed)));
    let (mut answered, mut seen) = (0, 0);
    for worker in join_all(workers).await {
        let (more_answered, more_seen) = worker.expect("no panic");
        (answered, seen) = (answered + more_answered, seen + more_seen);
    }
    assert!(answered > REQUESTS / 2, "only {answered} were answered");
    assert!(seen > REQUESTS, "only {seen} tasks were seen");
    assert_comes_to_rest(&app).await;
    let row = sqlx::query("select count(*), count(*) filter (where task <> user_id) from todos")
        .fetch_one(&mut app.database.connect().await)
        .await
        .expect("the table answers");
    assert!(row.get::<i64, _>(0) > 0);
    assert_eq!(row.get::<i64, _>(1), 0, "somebody wrote into another's todo");
}
