//! The number of a todo's changes, by which clients tell which of two responses is newer.

use serde_json::{Value, json};

use crate::{live::socket::Socket, support::app::TestApp};

const REVISION: &str = "query($id: ID!) { todo(id: $id) { revision } }";
const ADD: &str = "mutation($inputs: [AddTodoInput!]!) {
    addTodos(inputs: $inputs) { todos { id revision } } }";
const UPDATE: &str = "mutation($input: UpdateTodoInput!) {
    updateTodo(input: $input) { todo { revision } } }";
const TOGGLE: &str = "mutation($id: ID!) { toggleTodo(id: $id) { todo { revision } } }";
const DELETE: &str = "mutation($id: ID!) { deleteTodo(id: $id) { deletedId revision } }";
const COMPLETE_ALL: &str = "mutation { completeAll { count } }";
const CHANGED: &str = "subscription { todoChanged { kind todoId revision todo { revision } } }";

#[tokio::test]
async fn each_change_of_a_todo_has_a_higher_revision() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let new = json!({"inputs": [{"task": "milk", "key": "40a5f57f-51d0-4a49-8a0a-a6a4b1a3b1d3"}]});
    let added = ada.data(ADD, new.clone()).await["addTodos"]["todos"][0].clone();
    assert_eq!(added["revision"], "1");
    let id = json!({"id": added["id"]});
    assert_eq!(ada.data(ADD, new).await["addTodos"]["todos"][0], added, "it was there already");

    assert_eq!(ada.data(TOGGLE, id.clone()).await["toggleTodo"]["todo"]["revision"], "2");
    let same = json!({"input": {"id": added["id"], "isComplete": true}});
    assert_eq!(ada.data(UPDATE, same).await["updateTodo"]["todo"]["revision"], "2", "no change");
    let open = json!({"input": {"id": added["id"], "isComplete": false, "task": "tea"}});
    assert_eq!(ada.data(UPDATE, open).await["updateTodo"]["todo"]["revision"], "3");
    ada.data(COMPLETE_ALL, json!({})).await;
    assert_eq!(ada.data(REVISION, id.clone()).await["todo"]["revision"], "4");
    let deleted = ada.data(DELETE, id).await["deleteTodo"].clone();
    assert_eq!(deleted, json!({"deletedId": added["id"], "revision": "5"}));
}

#[tokio::test]
async fn events_carry_the_revisions_of_rows_and_deletions() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    app.state.live.listening().await;
    let mut socket = Socket::of(&app, &ada).await;
    socket.subscribe("1", CHANGED).await;
    let refetch = json!({"kind": "REFETCH", "todoId": null, "revision": null, "todo": null});
    assert_eq!(socket.change().await, refetch);
    let event = |kind: &str, id: &str, revision: &str, has_todo: bool| {
        let todo = if has_todo { json!({"revision": revision}) } else { Value::Null };
        json!({"kind": kind, "todoId": id, "revision": revision, "todo": todo})
    };
    let id = ada.add("milk").await;
    assert_eq!(socket.change().await, event("ADDED", &id, "1", true));
    ada.data(TOGGLE, json!({"id": id})).await;
    assert_eq!(socket.change().await, event("UPDATED", &id, "2", true));
    ada.data(DELETE, json!({"id": id})).await;
    assert_eq!(socket.change().await, event("DELETED", &id, "3", false));
}
