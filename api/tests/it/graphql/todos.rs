use serde_json::json;

use crate::support::app::TestApp;

const TODO: &str = "query($id: ID!) { todo(id: $id) { id task isComplete insertedAt } }";
const NODE: &str = "query($id: ID!) {
    node(id: $id) { __typename id ... on Todo { task isComplete } } }";
const UPDATE: &str = "mutation($input: UpdateTodoInput!) {
    updateTodo(input: $input) { todo { id task isComplete } } }";
const TOGGLE: &str = "mutation($id: ID!) { toggleTodo(id: $id) { todo { isComplete } } }";
const DELETE: &str = "mutation($id: ID!) { deleteTodo(id: $id) { deletedId } }";
const ADD: &str = "mutation($task: String!) { addTodo(input: {task: $task}) { todo { task } } }";

#[tokio::test]
async fn a_todo_is_added_changed_and_deleted() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;

    let id = ada.add("  buy milk ").await;
    let todo = ada.data(TODO, json!({"id": id})).await["todo"].clone();
    assert_eq!((&todo["task"], &todo["isComplete"]), (&json!("buy milk"), &json!(false)));

    let input = json!({"input": {"id": id, "task": "buy oat milk"}});
    let updated = ada.data(UPDATE, input).await;
    assert_eq!(
        updated["updateTodo"]["todo"],
        json!({"id": id, "task": "buy oat milk", "isComplete": false})
    );

    for expected in [true, false] {
        let toggled = ada.data(TOGGLE, json!({"id": id})).await;
        assert_eq!(toggled["toggleTodo"]["todo"]["isComplete"], expected);
    }

    let deleted = ada.data(DELETE, json!({"id": id})).await;
    assert_eq!(deleted["deleteTodo"]["deletedId"], json!(id));
    assert_eq!(ada.data(TODO, json!({"id": id})).await["todo"], json!(null));
    assert_eq!(ada.error_code(DELETE, json!({"id": id})).await, "NOT_FOUND");
}

#[tokio::test]
async fn other_users_todos_are_as_if_they_did_not_exist() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.user("ada").await, app.user("eve").await);
    let id = ada.add("a secret").await;

    assert_eq!(eve.tasks().await, Vec::<String>::new());
    assert_eq!(eve.data(TODO, json!({"id": id})).await["todo"], json!(null));
    let update = json!({"input": {"id": id, "task": "mine"}});
    for (query, variables) in
        [(UPDATE, update), (TOGGLE, json!({"id": id})), (DELETE, json!({"id": id}))]
    {
        let hers = eve.send(query, variables.clone()).await;
        // The very same answer as for an id that was never given out.
        let mut never = variables;
        let never_id = json!("999999999");
        match never.get_mut("input") {
            Some(input) => input["id"] = never_id,
            None => never["id"] = never_id,
        }
        let hers = hers.without_request_id();
        assert_eq!(hers, eve.send(query, never).await.without_request_id());
        assert_eq!(hers["errors"][0]["extensions"]["code"], "NOT_FOUND");
    }
    assert_eq!(ada.tasks().await, ["a secret"]);
}

#[tokio::test]
async fn a_todo_is_found_as_a_node_by_its_owner_alone() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.user("ada").await, app.user("eve").await);
    let id = ada.add("hers").await;
    let expected =
        json!({"node": {"__typename": "Todo", "id": id, "task": "hers", "isComplete": false}});
    assert_eq!(ada.data(NODE, json!({"id": id})).await, expected);
    assert_eq!(eve.data(NODE, json!({"id": id})).await, json!({"node": null}));
    for id in ["", "x", "999999999", "99999999999999999999"] {
        assert_eq!(ada.data(NODE, json!({"id": id})).await, json!({"node": null}), "{id}");
    }
}

#[tokio::test]
async fn a_task_that_cannot_be_meant_is_refused_in_words() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for task in [String::new(), "  \n".into(), "x".repeat(1_001), "a\0b".into()] {
        assert_eq!(ada.error_code(ADD, json!({"task": task})).await, "BAD_USER_INPUT");
    }
    let longest = "ß".repeat(1_000);
    let added = ada.data(ADD, json!({"task": longest})).await;
    assert_eq!(added["addTodo"]["todo"]["task"], json!(longest));

    let id = ada.add("one").await;
    assert_eq!(ada.error_code(UPDATE, json!({"input": {"id": id}})).await, "BAD_USER_INPUT");
    let empty = json!({"input": {"id": id, "task": " "}});
    assert_eq!(ada.error_code(UPDATE, empty).await, "BAD_USER_INPUT");
}

#[tokio::test]
async fn an_id_that_is_no_number_names_nothing() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for id in ["", "x", "1.5", "99999999999999999999", "1; drop table todos"] {
        assert_eq!(ada.data(TODO, json!({"id": id})).await["todo"], json!(null));
        assert_eq!(ada.error_code(TOGGLE, json!({"id": id})).await, "NOT_FOUND");
    }
}

#[tokio::test]
async fn text_comes_back_as_it_was_given() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for task in [
        "<img src=x onerror=alert(1)>",
        "'); DROP TABLE todos; --",
        "{\"sub\": \"other\"}",
        "👩‍🚀 \u{202e}rtl",
    ] {
        let added = ada.data(ADD, json!({"task": task})).await;
        assert_eq!(added["addTodo"]["todo"]["task"], json!(task));
    }
}

#[tokio::test]
async fn the_session_tells_who_is_signed_in() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let query = "{ session { userId sessionHandle email expiresAt accessTokenPayload } }";
    let session = ada.data(query, json!({})).await["session"].clone();
    assert_eq!(session["userId"], json!(ada.id));
    assert_eq!(session["email"], "ada@example.com");
    assert_eq!(session["accessTokenPayload"]["sub"], json!(ada.id));
    assert_eq!(session["accessTokenPayload"]["sessionHandle"], session["sessionHandle"]);
}
