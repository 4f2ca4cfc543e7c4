//! What errors say: a code of the list, the request's id, and nothing of our insides.

use std::collections::BTreeSet;

use api::{
    graphql::{Accounts, Code, Error, Introspection, Manifest, Operations},
    router::router,
    schema,
    state::{AppState, Parts},
};
use async_graphql::resolver_utils::EnumType as _;
use async_trait::async_trait;
use axum::body::{Body, to_bytes};
use reqwest::StatusCode;
use serde_json::{Value, json};
use supertokens::{Claims, account::Account};
use tower::ServiceExt as _;

use crate::support::app::{Answer, TestApp, config};

/// What only our insides say.
const INSIDES: [&str; 12] = [
    "sqlx",
    "postgres",
    "database",
    "relation",
    "does not exist",
    "todos_",
    "panic",
    "src/",
    ".rs",
    "127.0.0.1",
    "SELECT",
    "a secret of the accounts",
];

fn assert_no_insides(answer: &Answer) {
    let text = answer.body.to_string();
    let told = INSIDES.iter().find(|inside| text.contains(*inside));
    assert_eq!(told, None, "{text}");
}

/// Every error has a code of the list, and the request's id.
fn assert_codes(answer: &Answer, code: &str) {
    let errors = answer.body["errors"].as_array().expect("errors");
    assert!(!errors.is_empty());
    for error in errors {
        assert_eq!(error["extensions"]["code"], code, "{error}");
        assert_eq!(error["extensions"]["requestId"], answer.header("x-request-id"), "{error}");
    }
}

#[tokio::test]
async fn a_fault_of_the_database_shows_no_internals() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let queries = [
        "{ todos { nodes { task } totalCount } }",
        r#"{ todo(id: "todo_1") { task } node(id: "todo_2") { id ... on Todo { task } } }"#,
        "mutation { addTodo(input: {task: \"x\"}) { todo { id } } }",
        "mutation { completeAll { count } }",
        "mutation { clearCompleted { hasMore } }",
    ];
    // The first request fetches keys.
    ada.tasks().await;
    app.database.stop().await;
    for query in queries {
        let answer = ada.send(query, json!({})).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_codes(&answer, "SERVICE_UNAVAILABLE");
        assert_no_insides(&answer);
    }
    app.database.resume().await;
    app.database.execute("alter table todos rename to gone").await;
    for query in queries {
        let answer = ada.send(query, json!({})).await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
        assert_codes(&answer, "INTERNAL");
        assert_no_insides(&answer);
    }
}

struct Panicking;

#[async_trait]
impl Accounts for Panicking {
    async fn email_of(&self, _: &str) -> Result<Option<String>, Error> {
        panic!("a secret of the accounts")
    }

    async fn permits(&self, _: &str, _: &str) -> Result<bool, Error> {
        Err(Error::Internal("a secret of the accounts".into()))
    }

    fn own(&self, _: &Claims) -> Account {
        panic!("a secret of the accounts")
    }
}

#[tokio::test]
async fn a_resolver_that_panics_is_an_internal_error() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let (rls, live) = (&app.state.rls, &app.state.live);
    let schema = schema::schema(rls, Panicking, live, Introspection::Allowed);
    let own = [Manifest::own().expect("a manifest")];
    let schema = schema::endpoint(schema, Introspection::Allowed, &own, Operations::Any)
        .await
        .expect("starts");
    let state = AppState::from(Parts { schema, ..Parts::clone(&app.state) });
    let router = router(&state, &config(&app.database, 1, &[]));
    let request = axum::http::Request::post("/graphql")
        .header("authorization", format!("Bearer {}", ada.access_token))
        .header("content-type", "application/json")
        .header("x-request-id", "mine")
        .body(Body::from(json!({"query": "{ session { email } }"}).to_string()))
        .expect("a request");
    let answer = router.oneshot(request).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let body = to_bytes(answer.into_body(), 64 * 1024).await.expect("a body");
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    let expected = json!({"data": null, "errors": [{
        "message": "Something went wrong on our side.",
        "extensions": {"code": "INTERNAL", "requestId": "mine"},
    }]});
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_broken_token_is_told_nothing_but_that() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let body = json!({"query": "{ session { userId } }"});
    for token in ["x", "a.b.c", &ada.refresh_token, &format!("{}x", ada.access_token)] {
        let request = app.post("/graphql").bearer_auth(token).json(&body);
        let answer = Answer::read(request.send().await.expect("an answer")).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{token}");
        assert_no_insides(&answer);
        assert!(answer.body.as_object().is_some_and(|body| body.len() == 1), "{:?}", answer.body);
    }
}

#[tokio::test]
async fn the_request_id_of_a_proxy_is_kept() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let request =
        app.post("/graphql").bearer_auth(&ada.access_token).header("x-request-id", "proxy-7");
    let answer = request.json(&json!({"query": "{ nope }"})).send().await.expect("an answer");
    let answer = Answer::read(answer).await;
    assert_eq!(answer.header("x-request-id"), "proxy-7");
    assert_eq!(answer.graphql_error()["extensions"]["requestId"], "proxy-7");
}

#[tokio::test]
async fn malformed_request_id_is_replaced() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for id in ["no_underscore", "a b", "a\"b", &"x".repeat(65), &"x".repeat(8_000)] {
        let request =
            app.post("/graphql").bearer_auth(&ada.access_token).header("x-request-id", id);
        let answer = request.json(&json!({"query": "{ nope }"})).send().await.expect("an answer");
        let answer = Answer::read(answer).await;
        let made = answer.header("x-request-id").to_owned();
        assert!(made.parse::<uuid::Uuid>().is_ok(), "{made}");
        assert_eq!(answer.graphql_error()["extensions"]["requestId"], made);
    }
}

/// In the README and in `docs/api.md`.
#[test]
fn every_code_is_documented() {
    let codes: BTreeSet<&str> = Code::items().iter().map(|item| item.name).collect();
    assert!(codes.contains("PERSISTED_QUERY_NOT_FOUND"), "{codes:?}");
    for document in [include_str!("../../../../README.md"), include_str!("../../../../docs/api.md")]
    {
        let missing = codes.iter().find(|code| !document.contains(&format!("`{code}`")));
        assert_eq!(missing, None);
    }
}
