use serde_json::{Value, json};

use super::lists::{self, LIST};
use crate::support::{
    app::{TestApp, User},
    wire::{STATEMENT, Wire, sent, warm},
};

const PAGE: &str = "query($first: Int, $after: String) {
    todos(first: $first, after: $after) {
        edges { cursor node { task } }
        nodes { task isComplete }
        pageInfo { hasPreviousPage hasNextPage startCursor endCursor }
    } }";

async fn page(user: &User<'_>, first: i32, after: Option<&str>) -> Value {
    user.data(PAGE, json!({"first": first, "after": after})).await["todos"].clone()
}

fn tasks(page: &Value) -> Vec<&str> {
    let nodes = page["nodes"].as_array().expect("nodes");
    nodes.iter().map(|node| node["task"].as_str().expect("a task")).collect()
}

#[tokio::test]
async fn open_todos_come_first_then_the_newest() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for task in ["one", "two", "three"] {
        ada.add(task).await;
    }
    let done = ada.add("done").await;
    ada.data("mutation($id: ID!) { toggleTodo(id: $id) { todo { id } } }", json!({"id": done}))
        .await;
    assert_eq!(ada.tasks().await, ["three", "two", "one", "done"]);
}

#[tokio::test]
async fn a_cursor_stays_good_when_todos_come_and_go() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for task in ["one", "two", "three", "four"] {
        ada.add(task).await;
    }
    let first = page(&ada, 2, None).await;
    assert_eq!(tasks(&first), ["four", "three"]);
    let after = first["pageInfo"]["endCursor"].as_str();
    ada.add("five").await;
    app.database.execute("delete from todos where task = 'three'").await;
    assert_eq!(tasks(&page(&ada, 2, after).await), ["two", "one"]);
}

#[tokio::test]
async fn an_empty_list_is_a_page_too() {
    let app = TestApp::start().await;
    let page = page(&app.user("ada").await, 10, None).await;
    let expected = json!({
        "edges": [], "nodes": [],
        "pageInfo": {"hasPreviousPage": false, "hasNextPage": false, "startCursor": null, "endCursor": null},
    });
    assert_eq!(page, expected);
}

#[tokio::test]
async fn text_is_looked_for_as_it_is() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for task in ["50% off", "500 off", "snake_case", "snakeXcase", r"C:\temp", "Straße", "it's"] {
        ada.add(task).await;
    }
    let query = "query($text: String) { todos(filter: {taskContains: $text}) { nodes { task } } }";
    for (text, expected) in [
        ("50%", "50% off"),
        ("%", "50% off"),
        ("E_C", "snake_case"),
        (r"\t", r"C:\temp"),
        ("straß", "Straße"),
        ("'", "it's"),
    ] {
        let found = ada.data(query, json!({"text": text})).await;
        assert_eq!(found["todos"]["nodes"], json!([{"task": expected}]), "{text}");
    }
    let longest = ada.data(query, json!({"text": "ß".repeat(100)})).await;
    assert_eq!(longest["todos"]["nodes"], json!([]));
}

#[tokio::test]
async fn a_list_that_cannot_be_meant_is_refused() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for variables in [
        json!({"first": 1, "last": 1}),
        json!({"first": -1}),
        json!({"first": 101}),
        json!({"last": 101}),
        json!({"last": i32::MIN}),
        json!({"after": ""}),
        json!({"before": "garbage"}),
        json!({"orderBy": "RANDOM"}),
        json!({"filter": {"taskContains": ""}}),
        json!({"filter": {"taskContains": "x".repeat(101)}}),
        json!({"filter": {"taskContains": "a\0b"}}),
        json!({"filter": {"insertedAfter": "yesterday"}}),
        json!({"filter": {"insertedAfter": "+200000-01-01T00:00:00Z"}}),
        json!({"filter": {"insertedBefore": "-200000-01-01T00:00:00Z"}}),
    ] {
        assert_eq!(ada.error_code(LIST, variables.clone()).await, "BAD_USER_INPUT", "{variables}");
    }
    let null = json!({"first": null, "last": null, "orderBy": null, "filter": null});
    assert_eq!(lists::page(&ada, null).await["totalCount"], 0);
}

#[tokio::test]
async fn page_of_zero_todos_tells_whether_there_are_more() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for has_todos in [false, true] {
        for (size, next, previous) in [("first", has_todos, false), ("last", false, has_todos)] {
            let info = json!({"hasNextPage": next, "hasPreviousPage": previous,
                "startCursor": null, "endCursor": null});
            let page = lists::page(&ada, json!({size: 0})).await;
            assert_eq!((&page["edges"], &page["pageInfo"]), (&json!([]), &info), "{size}");
        }
        ada.add("one").await;
    }
}

#[tokio::test]
async fn todos_are_counted_only_when_that_is_asked_for() {
    let wire = Wire::default();
    let app = warm(&wire).await;
    let ada = app.user("ada").await;
    for (query, statements) in [
        ("{ todos { nodes { id } pageInfo { hasNextPage } } }", 1),
        ("{ todos { nodes { id } totalCount @include(if: false) } }", 1),
        ("{ todos { nodes { id } totalCount } }", 2),
        ("{ todos { ... on TodoConnection { count: totalCount } } }", 1),
        ("{ todos { ...F } } fragment F on TodoConnection { totalCount }", 1),
    ] {
        let sent = sent(&wire, &ada, query).await;
        let asked = sent.concat().iter().filter(|message| *message == STATEMENT).count();
        assert_eq!(asked, statements, "{query}: {sent:?}");
    }
}
