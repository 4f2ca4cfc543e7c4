use serde_json::json;

use crate::support::app::TestApp;

const TODO: &str = "query($id: ID!) { todo(id: $id) { id task isComplete insertedAt } }";
const NODE: &str = "query($id: ID!) {
    node(id: $id) { __typename id ... on Todo { task isComplete } } }";
const NODES: &str = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Todo { id task } } }";
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
        let never_id = json!("todo_999999999");
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
    for id in ["", "x", "999999999", "todo_999999999", "todo_99999999999999999999"] {
        assert_eq!(ada.data(NODE, json!({"id": id})).await, json!({"node": null}), "{id}");
    }
}

#[tokio::test]
async fn nodes_are_found_in_their_order_by_their_owner() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.user("ada").await, app.user("eve").await);
    let (one, two, hers) = (ada.add("one").await, ada.add("two").await, eve.add("hers").await);
    let ids = json!({"ids": [two, hers, "x", one, two, "todo_999999999"]});
    let todo = |id: &str, task: &str| json!({"id": id, "task": task});
    let found = ada.data(NODES, ids).await["nodes"].clone();
    let (first, second) = (todo(&one, "one"), todo(&two, "two"));
    assert_eq!(found, json!([second, null, null, first, second, null]));
    assert_eq!(ada.data(NODES, json!({"ids": []})).await["nodes"], json!([]));
    let many = |count: usize| json!({"ids": vec![one.clone(); count]});
    assert_eq!(ada.data(NODES, many(100)).await["nodes"][99], first);
    assert_eq!(ada.error_code(NODES, many(101)).await, "BAD_USER_INPUT");
}

#[tokio::test]
async fn failed_mutation_field_keeps_its_committed_siblings() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let mutation = r#"mutation {
        first: addTodo(input: {task: "one"}) { todo { task } }
        lost: deleteTodo(id: "todo_999999999") { deletedId }
        empty: addTodo(input: {task: " "}) { todo { task } }
        last: addTodo(input: {task: "two"}) { todo { task } }
    }"#;
    let answer = ada.send(mutation, json!({})).await;
    let added = |task: &str| json!({"todo": {"task": task}});
    let expected =
        json!({"first": added("one"), "lost": null, "empty": null, "last": added("two")});
    assert_eq!(answer.body["data"], expected);
    let errors = answer.body["errors"].as_array().expect("errors");
    let errors: Vec<_> =
        errors.iter().map(|error| (&error["path"], &error["extensions"]["code"])).collect();
    let expected =
        [(json!(["lost"]), json!("NOT_FOUND")), (json!(["empty"]), json!("BAD_USER_INPUT"))];
    assert_eq!(errors, expected.iter().map(|(path, code)| (path, code)).collect::<Vec<_>>());
    assert_eq!(ada.tasks().await, ["two", "one"]);

    let alone = ada.send(DELETE, json!({"id": "x"})).await;
    assert_eq!(alone.body["data"], json!({"deleteTodo": null}));
}

#[tokio::test]
async fn a_task_that_cannot_be_meant_is_refused_in_words() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for task in
        [String::new(), "  \n".into(), "x".repeat(1_001), "a\0b".into(), "\u{200b} \u{2060}".into()]
    {
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
async fn other_spellings_of_an_id_are_not_found() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let id = ada.add("one").await;
    let number = id.strip_prefix("todo_").expect("a typed id");
    let other_spellings = [
        String::new(),
        number.to_owned(),
        format!("todo_0{number}"),
        format!("todo_+{number}"),
        format!("Todo_{number}"),
        format!("todo_{number} "),
        format!("list_{number}"),
        format!("todo_{number}; drop table todos"),
        "todo_99999999999999999999".to_owned(),
    ];
    for id in other_spellings {
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
    let query = "{ session { userId id email expiresAt accessTokenPayload } }";
    let session = ada.data(query, json!({})).await["session"].clone();
    assert_eq!(session["userId"], json!(ada.id));
    assert_eq!(session["email"], "ada@example.com");
    assert_eq!(session["accessTokenPayload"]["sub"], json!(ada.id));
    assert_eq!(session["accessTokenPayload"]["sessionHandle"], session["id"]);
}
