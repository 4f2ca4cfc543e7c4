//! Operations that ask for more than one may: a bomb of each kind, and what it is told.

use std::fs;

use axum::{body::Body, http::Request};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::app::TestApp;

struct Bomb {
    query: String,
    variables: Value,
    told: &'static str,
}

fn bomb(query: impl Into<String>, told: &'static str) -> Bomb {
    Bomb { query: query.into(), variables: json!({}), told }
}

fn aliases(number: usize, field: &str) -> String {
    let fields = (0..number).fold(String::new(), |query, n| query + &format!("a{n}: {field} "));
    format!("{{ {fields} }}")
}

/// Each fragment names the next one three times.
fn multiplying_fragments() -> String {
    let fragments = (0..30).fold(String::new(), |query, n| {
        let next = format!("...f{}", n + 1);
        query + &format!(" fragment f{n} on Query {{ {next} {next} {next} }}")
    });
    format!("{{ ...f0 }}{fragments} fragment f30 on Query {{ __typename }}")
}

/// Fragments that name each other in circles, in a text that async-graphql's parser does not know.
fn circular_fragments() -> String {
    let fragments = (1..40).fold(String::new(), |query, n| {
        let next = format!("...g{}", n + 1);
        query
            + &format!(" fragment g{n} on __Type {{ ofType {{ {next} }} interfaces {{ {next} }} }}")
    });
    format!(
        "{{ __type(name: \"\\u{{41}}\") {{ ...f }} }} \
         fragment f on __Type {{ ofType {{ ...f ...g1 }} interfaces {{ ...f }} }} {fragments} \
         fragment g40 on __Type {{ name }}"
    )
}

fn bombs() -> Vec<Bomb> {
    let nested = |open: &str, close: &str, n: usize| open.repeat(n) + &close.repeat(n);
    let deep = "fields { type { ".repeat(7) + "name " + &"} } ".repeat(7);
    let wide = "{ todos(first: 100) { nodes { id task isComplete insertedAt } totalCount } } "
        .repeat(20)
        .replace("} } {", "} ");
    vec![
        bomb(circular_fragments(), "spreads itself"),
        bomb(
            format!("{{ session {{ userId }} #{} \n }}", "x".repeat(20_000)),
            "The operation has 20026 bytes; up to 8192 are allowed.",
        ),
        bomb(
            format!("{{ {} }}", "a ".repeat(3_000)),
            "The operation has 3002 tokens; up to 1000 are allowed.",
        ),
        bomb(
            format!("{{ todo(id: {}) {{ id }} }}", nested("[", "]", 450)),
            "The operation is nested 452 deep; up to 32 are allowed.",
        ),
        bomb(
            format!("{{ {} }}", nested("a {", "}", 300)),
            "The operation is nested 301 deep; up to 32 are allowed.",
        ),
        bomb(
            format!("query($a: {}) {{ a }}", nested("[", "]", 400)),
            "The operation is nested 401 deep; up to 32 are allowed.",
        ),
        bomb(aliases(200, "__typename"), "The operation has 200 aliases; up to 50 are allowed."),
        bomb(
            format!("{{ session {} {{ userId }} }}", "@include(if: true) ".repeat(50)),
            "The operation has 50 directives; up to 20 are allowed.",
        ),
        bomb(
            format!("{{ __schema {{ types {{ {deep} }} }} }}"),
            "The operation has 17 fields in each other; up to 16 are allowed.",
        ),
        bomb(multiplying_fragments(), "fields and fragments; up to 1000 are allowed."),
        bomb("{ ...F } fragment F on Query { ...F }", "The fragment F spreads itself."),
        bomb(r#"{ todo(id: """x" [[[[[[[["#, "The operation has a string that does not end."),
        bomb(
            aliases(40, "todo(id: 1) { id }"),
            "The operation costs 1040 points; up to 1000 are allowed.",
        ),
        bomb(
            aliases(41, "session { email }"),
            "The operation costs 1066 points; up to 1000 are allowed.",
        ),
        bomb(wide, "points; up to 1000 are allowed."),
        bomb(
            aliases(4, "todos(first: 2000000000) { nodes { id } }"),
            "points; up to 1000 are allowed.",
        ),
        Bomb {
            variables: json!({"ids": vec!["1"; 10_000]}),
            ..bomb(
                "mutation($ids: [ID!]!) {
                    setTodosComplete(ids: $ids, isComplete: true) { todos { id } } }",
                "The operation's variables have 10001 values; up to 1000 are allowed.",
            )
        },
        Bomb {
            variables: (0..100).fold(json!({}), |inner, _| json!({"a": inner})),
            ..bomb(
                "query($a: ID) { todo(id: $a) { id } }",
                "The operation's variables are nested 99 deep; up to 16 are allowed.",
            )
        },
    ]
}

/// What is only just parsed and followed.
fn at_the_limits() -> [Bomb; 5] {
    let chain = (0..28).fold(String::new(), |query, n| {
        query + &format!(" fragment f{n} on Query {{ ...f{} }}", n + 1)
    });
    let comment = "x".repeat(8_000);
    [
        bomb(format!("{{ {} }}", "session(x: $x) ".repeat(140)), "many faults"),
        bomb(format!("{}a{}", "{ a ".repeat(32), "}".repeat(32)), "nested fields"),
        bomb(
            format!("{{ todo(id: {}{}) {{ id }} }}", "[".repeat(30), "]".repeat(30)),
            "nested lists",
        ),
        bomb(format!("{{ ...f0 }}{chain} fragment f28 on Query {{ session }}"), "a chain"),
        bomb(format!("{{ session {{ userId #{comment}\n"), "a comment and no end"),
    ]
}

#[tokio::test]
async fn each_bomb_is_told_its_limit_and_what_it_has() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for Bomb { query, variables, told } in bombs() {
        let answer = ada.send(&query, variables).await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
        let error = answer.graphql_error();
        let message = error["message"].as_str().expect("a message");
        assert!(message.contains(told), "{told}: {message}");
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT");
        assert_eq!(error["extensions"]["requestId"], answer.header("x-request-id"));
    }
}

/// Nanoseconds that this thread has computed.
fn computed() -> u64 {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells");
    stat.split(' ').next().and_then(|time| time.parse().ok()).expect("a number")
}

/// All of the service runs on this thread; waiting does not count, only computing does.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn no_bomb_costs_more_than_50_ms() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    // The first request fetches keys.
    ada.tasks().await;
    for Bomb { query, variables, told } in bombs().into_iter().chain(at_the_limits()) {
        let body = json!({"query": query, "variables": variables}).to_string();
        let request = Request::post("/graphql")
            .header("authorization", format!("Bearer {}", ada.access_token))
            .header("content-type", "application/json")
            .body(Body::from(body))
            .expect("a request");
        let before = computed();
        app.router.clone().oneshot(request).await.expect("an answer");
        let millis = (computed() - before) / 1_000_000;
        assert!(millis < 50, "{millis} ms: {told}");
    }
}

#[tokio::test]
async fn a_faulty_operation_is_told_some_of_its_faults() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let fields: Vec<_> = (0..400).map(|n| format!("nope{n}")).collect();
    let query = format!("{{ {} }}", fields.join(" "));
    let answer = ada.send(&query, json!({})).await;
    assert_eq!(answer.body["errors"].as_array().map(Vec::len), Some(50));
}

#[tokio::test]
async fn what_clients_ask_for_is_far_below_the_limits() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let introspection = include_str!("introspection.graphql");
    let schema = ada.data(introspection, json!({})).await;
    assert_eq!(schema["__schema"]["queryType"]["name"], "Query");
    let inputs = vec![json!({"task": "x", "key": null}); 100];
    let add = "mutation($inputs: [AddTodoInput!]!) { addTodos(inputs: $inputs) { todos { id } } }";
    ada.data(add, json!({"inputs": inputs})).await;
}
