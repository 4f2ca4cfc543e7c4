//! Trusted documents: what is executed by its hash, and what is not executed at all.

use std::{fs, path::PathBuf};

use api::{graphql::Manifest, server::Service};
use clock::Clock;
use reqwest::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::support::{
    app::{Answer, TestApp, User, config},
    database::TestDatabase,
};

const TRUSTED_ONLY: (&str, &str) = ("GRAPHQL_TRUSTED_ONLY", "true");

/// An operation of the page, and the id of its document.
fn own(name: &str) -> (String, String) {
    let manifest: Value =
        serde_json::from_str(include_str!("../../../../web/queries/manifest.json")).expect("JSON");
    let operations = manifest["operations"].as_array().expect("operations");
    let operation = operations.iter().find(|operation| operation["name"] == name);
    let operation = operation.unwrap_or_else(|| panic!("no operation {name}"));
    let text = |key: &str| operation[key].as_str().expect("a text").to_owned();
    (text("id"), text("body"))
}

fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

async fn post(app: &TestApp, user: &User<'_>, body: Value) -> Answer {
    let request = app.post("/graphql").bearer_auth(&user.access_token).json(&body);
    Answer::read(request.send().await.expect("an answer")).await
}

fn by_hash(hash: &str, variables: &Value) -> Value {
    let persisted = json!({"version": 1, "sha256Hash": hash});
    json!({"variables": variables, "extensions": {"persistedQuery": persisted}})
}

/// A file for one test, removed with this value.
struct File(PathBuf);

impl File {
    fn manifest(operations: &[(&str, &str)]) -> Self {
        let operations: Vec<_> = operations
            .iter()
            .map(|(id, body)| json!({"id": id, "name": "Other", "type": "query", "body": body}))
            .collect();
        let path =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.json", Uuid::new_v4()));
        fs::write(&path, json!({"operations": operations}).to_string()).expect("a file");
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("a path in UTF-8")
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[tokio::test]
async fn the_pages_operations_are_executed_by_their_hashes() {
    let app = TestApp::start_with(&[TRUSTED_ONLY], Clock::system()).await;
    let ada = app.user("ada").await;
    let (add, _) = own("AddTodos");
    let added = post(&app, &ada, by_hash(&add, &json!({"inputs": [{"task": "milk"}]}))).await;
    assert_eq!(added.body["data"]["did"]["todos"][0]["task"], "milk", "{:?}", added.body);
    // As the draft of GraphQL over HTTP has it, and with the operation's name.
    let (todos, text) = own("Todos");
    let body = json!({"documentId": format!("sha256:{todos}"), "operationName": "Todos",
        "variables": {"first": 5, "count": false}});
    let read = post(&app, &ada, body).await;
    assert_eq!(read.body["data"]["todos"]["nodes"][0]["task"], "milk", "{:?}", read.body);
    // Clients that send the text, too, get the document.
    let mut with_text = by_hash(&todos, &json!({"first": 5, "count": true}));
    with_text["query"] = json!(text);
    let read = post(&app, &ada, with_text).await;
    assert_eq!(read.body["data"]["todos"]["nodes"][0]["task"], "milk", "{:?}", read.body);
}

#[tokio::test]
async fn nothing_else_is_executed_where_only_trusted_documents_are() {
    let app = TestApp::start_with(&[TRUSTED_ONLY], Clock::system()).await;
    let ada = app.user("ada").await;
    let (_, known) = own("Session");
    let mutation = "mutation { addTodo(input: {task: \"x\"}) { todo { id } } }";
    let named = |text: &str, hash: &str| {
        let mut body = by_hash(hash, &json!({}));
        body["query"] = json!(text);
        body
    };
    for (body, code) in [
        (json!({"query": mutation}), "PERSISTED_QUERY_ID_REQUIRED"),
        (json!({"query": known}), "PERSISTED_QUERY_ID_REQUIRED"),
        (json!({"query": "{"}), "PERSISTED_QUERY_ID_REQUIRED"),
        (json!({}), "BAD_USER_INPUT"),
        (by_hash(&sha256(mutation), &json!({})), "PERSISTED_QUERY_NOT_FOUND"),
        (json!({"documentId": "sha256:x"}), "PERSISTED_QUERY_NOT_FOUND"),
        // What registers a text elsewhere.
        (named(mutation, &sha256(mutation)), "PERSISTED_QUERY_ID_REQUIRED"),
        (by_hash(&sha256(mutation), &json!({})), "PERSISTED_QUERY_NOT_FOUND"),
        (named(mutation, &sha256("x")), "BAD_USER_INPUT"),
        (json!({"extensions": {"persistedQuery": {"version": 2}}}), "BAD_USER_INPUT"),
    ] {
        let answer = post(&app, &ada, body.clone()).await;
        let error = answer.graphql_error();
        assert_eq!(error["extensions"]["code"], code, "{body}: {error}");
        assert_eq!(error["extensions"]["requestId"], answer.header("x-request-id"));
    }
    let (todos, _) = own("Todos");
    let read = post(&app, &ada, by_hash(&todos, &json!({"first": 5, "count": true}))).await;
    assert_eq!(read.body["data"]["todos"]["nodes"], json!([]));
}

#[tokio::test]
async fn a_text_with_its_hash_is_executed_in_development_and_not_kept() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let text = "{ session { userId } }";
    let mut body = by_hash(&sha256(text), &json!({}));
    body["query"] = json!(text);
    let answer = post(&app, &ada, body).await;
    assert_eq!(answer.body["data"]["session"]["userId"], json!(ada.id));
    let answer = post(&app, &ada, by_hash(&sha256(text), &json!({}))).await;
    assert_eq!(answer.graphql_error()["extensions"]["code"], "PERSISTED_QUERY_NOT_FOUND");
}

#[tokio::test]
async fn documents_of_other_manifests_are_executed_too() {
    let text = "query Other { session { userId } }";
    let file = File::manifest(&[(&sha256(text), text)]);
    let vars = [TRUSTED_ONLY, ("GRAPHQL_TRUSTED_DOCUMENTS", file.path())];
    let app = TestApp::start_with(&vars, Clock::system()).await;
    let ada = app.user("ada").await;
    let answer = post(&app, &ada, by_hash(&sha256(text), &json!({}))).await;
    assert_eq!(answer.body["data"]["session"]["userId"], json!(ada.id));
}

#[tokio::test]
async fn trusted_documents_keep_to_the_limits_by_their_variables() {
    let text = "query Other($first: Int) {
        a: todos(first: $first) { nodes { id task isComplete insertedAt } }
        b: todos(first: $first) { nodes { id task isComplete insertedAt } } }";
    let file = File::manifest(&[(&sha256(text), text)]);
    let vars = [TRUSTED_ONLY, ("GRAPHQL_TRUSTED_DOCUMENTS", file.path())];
    let app = TestApp::start_with(&vars, Clock::system()).await;
    let ada = app.user("ada").await;
    for (first, message) in [
        (100_000, "The operation costs 100050 points; up to 1000 are allowed."),
        (101, "first is 101; it should be 0 to 100."),
    ] {
        let answer = post(&app, &ada, by_hash(&sha256(text), &json!({"first": first}))).await;
        assert_eq!(answer.body["errors"][0]["message"], message, "{:?}", answer.body);
    }
}

#[tokio::test]
async fn a_document_that_could_not_be_executed_is_told_at_start() {
    let fields = "a ".repeat(1_000);
    let long = format!("{{ {fields} }}");
    for (id, text, fault) in [
        (&sha256("other"), "{ session { userId } }", "its SHA-256 differs"),
        (&sha256("{ nope }"), "{ nope }", "Cannot query field \"nope\""),
        (&sha256("{"), "{", "cannot be executed"),
        (&sha256(&long), &long, "has 1002 tokens"),
    ] {
        let file = File::manifest(&[(id, text)]);
        let database = TestDatabase::migrated().await;
        let vars = [("GRAPHQL_TRUSTED_DOCUMENTS", file.path())];
        let started = Service::start(&config(&database, 1, &vars), Clock::system()).await;
        let error = format!("{:#}", started.err().expect("a refusal"));
        assert!(error.contains("the document Other") && error.contains(fault), "{error}");
    }
    let missing = Manifest::read(&PathBuf::from("/nonexistent.json")).expect_err("no file");
    assert!(missing.to_string().contains("/nonexistent.json cannot be read"), "{missing}");
}

#[tokio::test]
async fn a_request_by_hash_still_needs_a_session() {
    let app = TestApp::start_with(&[TRUSTED_ONLY], Clock::system()).await;
    let (todos, _) = own("Todos");
    let request = app.post("/graphql").json(&by_hash(&todos, &json!({"first": 5, "count": true})));
    let answer = Answer::read(request.send().await.expect("an answer")).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}
