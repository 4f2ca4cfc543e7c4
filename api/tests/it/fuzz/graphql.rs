//! Bodies of `/graphql`, and the cursors in them.

use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use clock::Clock;
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

use super::{change, fuzz};
use crate::{auth::base64url, support::app::TestApp};

const LIST: &str = "query($first: Int, $after: String, $orderBy: TodoOrder) {
    todos(first: $first, after: $after, orderBy: $orderBy, filter: {taskContains: \"a\"}) {
        edges { cursor node { ...on Todo { task } } } pageInfo { endCursor hasNextPage } } }";

fn bodies() -> Vec<Vec<u8>> {
    let bodies = [
        json!({"query": LIST, "variables": {"first": 10, "after": null, "orderBy": "NEWEST_FIRST"}}),
        json!({"query": "{ __typename a: todo(id: \"1\") { id @skip(if: false) } }", "operationName": null}),
        json!({"query": "mutation A { toggleTodo(id: 1) { todo { ...F } } } fragment F on Todo { id }",
            "operationName": "A"}),
        json!({"query": "{ x(a: [1, {b: \"\\u00e9\"}], c: \"\"\"block\"\"\") }", "extensions": {
            "persistedQuery": {"version": 1, "sha256Hash": "00"}}}),
        json!({"operationName": "Todos", "variables": {}, "extensions": {"persistedQuery": {
            "version": 1, "sha256Hash": "0".repeat(64)}}, "documentId": "sha256:00"}),
    ];
    bodies.iter().map(|body| body.to_string().into_bytes()).collect()
}

/// A service, and somebody who is signed in.
struct Service {
    app: TestApp,
    bearer: String,
}

impl Service {
    async fn start() -> Self {
        let app = TestApp::start_with(&[], Clock::system()).await;
        let user = app.user("ada").await;
        user.add("a task").await;
        let bearer = format!("Bearer {}", user.access_token);
        drop(user);
        Self { app, bearer }
    }

    /// Never a fault of ours, and always JSON.
    async fn answers(&self, body: Vec<u8>) -> Result<Value, TestCaseError> {
        let shown = String::from_utf8_lossy(&body).into_owned();
        let request = Request::post("/graphql")
            .header("authorization", &self.bearer)
            .header("content-type", "application/json")
            .body(Body::from(body))
            .expect("a request");
        let answer = self.app.router.clone().oneshot(request).await.expect("an answer");
        let status = answer.status();
        let body = to_bytes(answer.into_body(), usize::MAX).await.expect("a body");
        prop_assert!(!status.is_server_error(), "{status}: {shown}");
        let body = serde_json::from_slice::<Value>(&body);
        prop_assert!(body.is_ok(), "no JSON: {shown}");
        Ok(body.expect("JSON"))
    }
}

#[test]
fn no_body_is_a_fault_of_ours() {
    let runtime = Runtime::new().expect("a runtime");
    let service = runtime.block_on(Service::start());
    let objects = bodies().iter().map(|body| serde_json::from_slice(body).expect("JSON")).collect();
    let body = prop_oneof![
        change::text(bodies()),
        change::value(objects).prop_map(|body| body.to_string().into_bytes()),
    ];
    fuzz(&runtime, &body, async |body| service.answers(body).await.map(drop));
    runtime.block_on(async move { drop(service) });
}

/// What cursors are made of: an order, whether it is open, microseconds, an id.
fn cursor() -> impl Strategy<Value = String> {
    let number =
        || prop_oneof![any::<i64>().prop_map(|number| number.to_string()), "[-+0-9]{0,25}"];
    let made = ("[sno]", "[01]", number(), number())
        .prop_map(|(order, open, micros, id)| base64url(format!("{order}:{open}:{micros}:{id}")));
    let odd = vec(any::<u8>(), 0..60).prop_map(base64url);
    prop_oneof![3 => made, 1 => odd, 1 => ".{0,60}"]
}

#[test]
fn no_cursor_is_a_fault_of_ours() {
    let runtime = Runtime::new().expect("a runtime");
    let service = runtime.block_on(Service::start());
    let order = prop::sample::select(&["OPEN_FIRST", "NEWEST_FIRST", "OLDEST_FIRST"][..]);
    fuzz(&runtime, &(cursor(), order), async |(cursor, order)| {
        let variables = json!({"first": 10, "after": cursor, "orderBy": order});
        let body = json!({"query": LIST, "variables": variables}).to_string();
        let answer = service.answers(body.into_bytes()).await?;
        let code = &answer["errors"][0]["extensions"]["code"];
        prop_assert!(answer["data"]["todos"].is_object() || code == "BAD_USER_INPUT", "{answer}");
        Ok(())
    });
    runtime.block_on(async move { drop(service) });
}
