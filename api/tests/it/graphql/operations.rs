//! A document is validated once. Each request chooses an operation and has variables of its own.

use serde_json::{Value, json};

use crate::support::app::TestApp;

const LIST: &str = "query List($first: Int!, $is: Boolean!) {
    todos(first: $first) { nodes { id task @include(if: $is) } } }";

#[tokio::test]
async fn cached_document_is_checked_with_each_requests_variables() {
    let (warm, cold) = (TestApp::start().await, TestApp::start().await);
    let (ada, eve) = (warm.user("ada").await, cold.user("eve").await);
    let good = json!({"first": 10, "is": true});
    for _ in 0..3 {
        assert_eq!(ada.data(LIST, good.clone()).await, json!({"todos": {"nodes": []}}));
    }
    for bad in [
        json!({"first": "10", "is": true}),
        json!({"first": 10}),
        json!({"first": 10, "is": 1}),
        json!({"first": 100_000, "is": true}),
        json!({"first": null, "is": true}),
        json!({}),
    ] {
        for _ in 0..2 {
            let (here, there) = (ada.send(LIST, bad.clone()), eve.send(LIST, bad.clone()));
            let (here, there) = (here.await.without_request_id(), there.await.without_request_id());
            assert_ne!(here.get("errors"), None, "{bad}: {here}");
            assert_eq!(here, there, "{bad}");
        }
    }
    assert_eq!(ada.data(LIST, good).await, json!({"todos": {"nodes": []}}));
}

#[tokio::test]
async fn variables_of_other_operations_are_not_needed() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let text = "query Good { todos { nodes { id } } } query Bad($first: Int!) {
        todos(first: $first) { nodes { id } } }";
    let ask = async |name: Option<&str>| {
        let body = json!({"query": text, "operationName": name});
        let request = app.post("/graphql").bearer_auth(&ada.access_token).json(&body);
        let answer: Value = request.send().await.expect("an answer").json().await.expect("JSON");
        answer["errors"].is_null()
    };
    for _ in 0..3 {
        let well = [ask(Some("Good")).await, ask(Some("Bad")).await, ask(None).await];
        assert_eq!(well, [true, false, false]);
    }
}
