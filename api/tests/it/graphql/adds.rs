//! Adding many todos at once, and adding by a key that makes it safe to add again.

use std::collections::HashSet;

use clock::Clock;
use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::{TestApp, User};

const ADD: &str = "mutation($input: AddTodoInput!) {
    addTodo(input: $input) { todo { id task isComplete } } }";
const ADD_MANY: &str = "mutation($inputs: [AddTodoInput!]!) {
    addTodos(inputs: $inputs) { todos { id task isComplete } } }";
const UPDATE: &str = "mutation($id: ID!, $task: String, $isComplete: Boolean) {
    updateTodo(input: {id: $id, task: $task, isComplete: $isComplete}) { todo { id } } }";

fn tasks(data: &Value) -> Vec<&str> {
    let todos = data["addTodos"]["todos"].as_array().expect("todos");
    todos.iter().map(|todo| todo["task"].as_str().expect("a task")).collect()
}

async fn add(user: &User<'_>, task: &str, key: Uuid) -> Value {
    let input = json!({"input": {"task": task, "key": key}});
    user.data(ADD, input).await["addTodo"]["todo"].clone()
}

#[tokio::test]
async fn a_hundred_todos_are_added_in_their_order() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let inputs: Vec<Value> = (1..=100)
        .map(|n| match n % 2 {
            0 => json!({"task": format!(" todo {n}")}),
            _ => json!({"task": format!(" todo {n}"), "key": Uuid::new_v4()}),
        })
        .collect();
    let expected: Vec<String> = (1..=100).map(|n| format!("todo {n}")).collect();
    let added = ada.data(ADD_MANY, json!({"inputs": inputs})).await;
    assert_eq!(tasks(&added), expected);
    // The last is the newest.
    assert_eq!(ada.tasks().await[0], "todo 100");
}

#[tokio::test]
async fn one_refusal_refuses_all() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let (used, twice) = (Uuid::new_v4(), Uuid::new_v4());
    add(&ada, "there", used).await;
    for inputs in [
        json!([]),
        json!(vec![json!({"task": "x"}); 101]),
        json!([{"task": "x"}, {"task": " "}]),
        json!([{"task": "x"}, {"task": "x".repeat(1_001)}]),
        json!([{"task": "x", "key": twice}, {"task": "y"}, {"task": "x", "key": twice}]),
        json!([{"task": "x"}, {"task": "y", "key": used}]),
        json!([{"task": "x", "key": "1"}]),
    ] {
        let code = ada.error_code(ADD_MANY, json!({"inputs": inputs})).await;
        assert_eq!(code, "BAD_USER_INPUT", "{inputs}");
    }
    assert_eq!(ada.tasks().await, ["there"]);
}

#[tokio::test]
async fn adding_again_by_the_same_key_adds_nothing() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let key = Uuid::new_v4();
    let first = add(&ada, "milk", key).await;
    assert_eq!(add(&ada, " milk ", key).await, first);

    let inputs = json!([{"task": "bread"}, {"task": "milk", "key": key}, {"task": "tea"}]);
    let added = ada.data(ADD_MANY, json!({"inputs": inputs})).await;
    assert_eq!(added["addTodos"]["todos"][1], first);
    assert_eq!(ada.tasks().await, ["tea", "bread", "milk"]);
    // Without a key, the same task is another todo.
    ada.add("milk").await;
    assert_eq!(ada.tasks().await.len(), 4);
}

#[tokio::test]
async fn a_key_answers_its_todo_as_it_is_by_now_until_it_is_deleted() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let key = Uuid::new_v4();
    let id = add(&ada, "milk", key).await["id"].clone();
    ada.data(UPDATE, json!({"id": id, "task": "oat milk", "isComplete": true})).await;
    let again = add(&ada, "milk", key).await;
    assert_eq!(again, json!({"id": id, "task": "oat milk", "isComplete": true}));

    // It was added as another task, which is what the key stands for.
    let input = json!({"input": {"task": "oat milk", "key": key}});
    assert_eq!(ada.error_code(ADD, input).await, "BAD_USER_INPUT");
    assert_eq!(ada.tasks().await, ["oat milk"]);

    let delete = "mutation($id: ID!) { deleteTodo(id: $id) { deletedId } }";
    ada.data(delete, json!({"id": id})).await;
    assert_ne!(add(&ada, "bread", key).await["id"], id);
}

#[tokio::test]
async fn todos_beyond_the_quota_are_refused_with_the_limit() {
    let app = TestApp::start().await;
    let owner = sea_orm::Database::connect(app.database.owner_url()).await.expect("the owner");
    migration::quota::set(&owner, 100).await.expect("the limit is set");
    owner.close().await.expect("closed");
    let (ada, eve) = (app.user("ada").await, app.user("eve").await);
    let key = Uuid::new_v4();
    let first = add(&ada, "milk", key).await;
    let hundred = json!({"inputs": vec![json!({"task": "x"}); 100]});
    let answer = ada.send(ADD_MANY, hundred.clone()).await;
    let error = answer.graphql_error();
    assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{error}");
    let text = "You have reached the limit of 100 todos. Delete some to add more.";
    assert_eq!(error["message"], text);
    assert_eq!(ada.tasks().await, ["milk"]);

    let rest = json!({"inputs": vec![json!({"task": "x"}); 99]});
    ada.data(ADD_MANY, rest).await;
    assert_eq!(ada.error_code(ADD, json!({"input": {"task": "x"}})).await, "BAD_USER_INPUT");
    // The todos of the first request are not added again.
    assert_eq!(add(&ada, "milk", key).await, first);
    eve.data(ADD_MANY, hundred).await;
    let delete = "mutation($id: ID!) { deleteTodo(id: $id) { deletedId } }";
    ada.data(delete, json!({"id": first["id"]})).await;
    ada.add("another").await;
}

#[tokio::test]
async fn two_users_with_the_same_key_do_not_meet() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.user("ada").await, app.user("eve").await);
    let key = Uuid::new_v4();
    let (hers, other) = (add(&ada, "milk", key).await, add(&eve, "milk", key).await);
    assert_ne!(hers["id"], other["id"]);
    let third = app.user("bob").await;
    assert_eq!(add(&third, "another task", key).await["task"], "another task");
    assert_eq!((ada.tasks().await.len(), eve.tasks().await.len()), (1, 1));
}

#[tokio::test]
async fn many_retries_at_once_make_one_todo() {
    // A user may have a quarter of them.
    let app = TestApp::start_with(&[("MAX_REQUESTS", "100")], Clock::system()).await;
    let ada = app.user("ada").await;
    let key = Uuid::new_v4();
    let answers = join_all((0..20).map(|_| add(&ada, "milk", key))).await;
    let ids: HashSet<String> = answers.iter().map(|todo| todo["id"].to_string()).collect();
    assert_eq!(ids.len(), 1);

    let inputs: Vec<Value> =
        (0..10).map(|n| json!({"task": format!("{n}"), "key": Uuid::new_v4()})).collect();
    let inputs = json!({"inputs": inputs});
    let answers = join_all((0..20).map(|_| ada.data(ADD_MANY, inputs.clone()))).await;
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(ada.tasks().await.len(), 11);
}
