//! The service beside graphql-js, the reference implementation, and graphql-http's audits.

use std::{path::Path, process::Output};

use clock::Clock;
use serde_json::Value;
use tokio::task::spawn_blocking;

use crate::support::{
    app::{Answer, TestApp},
    node,
};

/// The output of a script of `tests/clients/graphql`. None without Node.
fn output(script: &str, arguments: &[&str]) -> Option<String> {
    let Output { status, stdout, stderr } = node::run("graphql-http", |node| {
        node.arg(Path::new("graphql").join(script)).args(arguments);
    })?;
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    Some(String::from_utf8(stdout).expect("text"))
}

/// Whether the request was rejected as a whole: an error of a field has a path.
fn is_rejected(response: &Answer) -> bool {
    let errors = response.body["errors"].as_array().into_iter().flatten();
    let mut without_path = errors.filter(|error| error.get("path").is_none());
    without_path.next().is_some()
}

#[tokio::test]
async fn requests_get_the_verdict_of_the_reference_implementation() {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/../schema.graphql");
    let reference = || output("verdicts.mjs", &[schema, "graphql/corpus.jsonl"]);
    let Some(verdicts) = spawn_blocking(reference).await.expect("no panic") else { return };
    let corpus = include_str!("../../clients/graphql/corpus.jsonl");
    let (verdicts, requests): (Vec<_>, Vec<_>) =
        (verdicts.lines().collect(), corpus.lines().collect());
    assert!(requests.len() >= 200, "{} requests", requests.len());
    assert_eq!(verdicts.len(), requests.len());

    let vars = [("RATE_LIMIT_ADDRESS", "off")];
    let app = TestApp::start_with(&vars, Clock::system()).await;
    let ada = app.user("ada").await;
    let mut differences = Vec::new();
    for (verdict, request) in verdicts.into_iter().zip(requests) {
        let body: Value = serde_json::from_str(request).expect("JSON");
        let sent = app.post("/graphql").bearer_auth(&ada.access_token).json(&body).send().await;
        let response = Answer::read(sent.expect("a response")).await;
        if is_rejected(&response) == (verdict == "ok") {
            differences.push(format!("{verdict}: {request}\n  {}", response.body));
        }
    }
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
}

#[tokio::test]
async fn every_audit_of_graphql_over_http_passes_but_those_of_get() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let (url, token) = (format!("{}/graphql", app.url), ada.access_token.clone());
    let audits = spawn_blocking(move || output("audits.mjs", &[&url, &token]));
    let Some(audits) = audits.await.expect("no panic") else { return };
    let audits: Vec<Value> =
        audits.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(audits.len() > 50, "{} audits", audits.len());
    let failed: Vec<_> = audits
        .iter()
        .filter(|audit| {
            let name = audit["name"].as_str().expect("a name");
            // Operations are sent by POST alone: a GET could be sent by any page.
            audit["status"] != "ok" && !(name.starts_with("MAY") && name.contains("GET"))
        })
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[tokio::test]
async fn schema_file_is_the_schema_of_the_service() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../schema.graphql");
    let (url, token) = (format!("{}/graphql", app.url), ada.access_token.clone());
    let differences = spawn_blocking(move || output("schema.mjs", &[file, &url, &token]));
    let Some(differences) = differences.await.expect("no panic") else { return };
    assert_eq!(differences, "");
}

#[tokio::test]
async fn mutation_with_an_invalid_part_changes_nothing() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    ada.add("done").await;
    ada.data("mutation { completeAll { __typename } }", serde_json::json!({})).await;
    for query in [
        "mutation($dry: Boolean! = true) { clearCompleted @skip(if: $dry) { __typename } }",
        "mutation($id: ID!) { addTodo(input: {task: \"no\"}) { __typename } deleteTodo(id: $id) { __typename } }",
        "mutation($dry: Boolean!) { clearCompleted @skip(if: $dry) { __typename } }",
        "mutation { addTodo(input: {task: \"no\"}) { __typename } \
         b: addTodo(input: {task: \"no\", key: \"x\"}) { __typename } }",
        "mutation($key: UUID) { addTodo(input: {task: \"no\"}) { __typename } \
         b: addTodo(input: {task: \"no\", key: $key}) { __typename } }",
    ] {
        let variables = serde_json::json!({"key": "x"});
        ada.send(query, variables).await;
        assert_eq!(ada.tasks().await, ["done"], "{query}");
    }
}
