//! Changes of many todos: all of them or none.

use serde_json::{Value, json};

use crate::support::app::{TestApp, User};

const SET: &str = "mutation($ids: [ID!]!, $isComplete: Boolean!) {
    setTodosComplete(ids: $ids, isComplete: $isComplete) { todos { id isComplete } } }";
const COMPLETE_ALL: &str = "mutation { completeAll { completedIds } }";
const CLEAR_COMPLETED: &str = "mutation { clearCompleted { deletedIds } }";

/// The ids of new todos.
async fn seed(user: &User<'_>, number: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 0..number {
        ids.push(user.add(&format!("todo {n}")).await);
    }
    ids
}

/// The ids of those that are done, the oldest first.
async fn done(user: &User<'_>) -> Vec<String> {
    let query = "{ todos(filter: {isComplete: true}, orderBy: OLDEST_FIRST) { nodes { id } } }";
    ids(&user.data(query, json!({})).await["todos"]["nodes"])
}

/// Ids, or the ids of todos.
fn ids(list: &Value) -> Vec<String> {
    let id = |item: &Value| item.get("id").unwrap_or(item).as_str().expect("an id").to_owned();
    list.as_array().expect("a list").iter().map(id).collect()
}

#[tokio::test]
async fn named_todos_are_set_and_answered_in_their_order() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let all = seed(&ada, 4).await;
    let named = [&all[2], &all[0], &all[2], &all[3]];
    for is_complete in [true, true, false] {
        let set = ada.data(SET, json!({"ids": named, "isComplete": is_complete})).await;
        let todo = |id: &String| json!({"id": id, "isComplete": is_complete});
        let expected = json!([todo(&all[2]), todo(&all[0]), todo(&all[3])]);
        assert_eq!(set["setTodosComplete"]["todos"], expected);
    }
    assert_eq!(done(&ada).await, [""; 0]);
}

#[tokio::test]
async fn one_id_that_names_nothing_changes_nothing() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.user("ada").await, app.user("eve").await);
    let (mine, hers) = (seed(&ada, 3).await, eve.add("hers").await);
    let mut answers = Vec::new();
    for foreign in [hers.as_str(), "999999999", "x", "", "99999999999999999999"] {
        let ids = [mine[0].as_str(), foreign, mine[1].as_str()];
        let answer = ada.send(SET, json!({"ids": ids, "isComplete": true})).await;
        assert_eq!(answer.body["errors"][0]["extensions"]["code"], "NOT_FOUND", "{foreign}");
        answers.push(answer.without_request_id());
    }
    // Whether there is such a todo of another user, the answer does not tell.
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!((done(&ada).await, done(&eve).await), (vec![], vec![]));
}

#[tokio::test]
async fn a_call_names_one_to_a_hundred_todos() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let id = ada.add("one").await;
    for number in [0, 101] {
        let ids = vec![id.clone(); number];
        let code = ada.error_code(SET, json!({"ids": ids, "isComplete": true})).await;
        assert_eq!(code, "BAD_USER_INPUT", "{number}");
    }
    let set = ada.data(SET, json!({"ids": vec![id.clone(); 100], "isComplete": true})).await;
    assert_eq!(ids(&set["setTodosComplete"]["todos"]), [id]);
}

#[tokio::test]
async fn all_are_completed_and_cleared_and_nobody_elses() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.user("ada").await, app.user("eve").await);
    let (mine, hers) = (seed(&ada, 5).await, seed(&eve, 2).await);
    ada.data(SET, json!({"ids": mine[..2], "isComplete": true})).await;
    eve.data(SET, json!({"ids": hers[..1], "isComplete": true})).await;

    let changed = ada.data(COMPLETE_ALL, json!({})).await;
    let mut completed = ids(&changed["completeAll"]["completedIds"]);
    completed.sort();
    assert_eq!(completed, mine[2..], "those that were open");
    let changed = ada.data(COMPLETE_ALL, json!({})).await;
    assert_eq!(changed["completeAll"]["completedIds"], json!([]));

    let open = ada.add("open").await;
    let changed = ada.data(CLEAR_COMPLETED, json!({})).await;
    let mut deleted = ids(&changed["clearCompleted"]["deletedIds"]);
    deleted.sort();
    assert_eq!(deleted, mine);
    assert_eq!(
        ids(&ada.data("{ todos { nodes { id } } }", json!({})).await["todos"]["nodes"]),
        [open]
    );
    assert_eq!(done(&eve).await, hers[..1]);
    assert_eq!(eve.tasks().await.len(), 2);
}

/// An operation that asks for the field so many times.
fn aliases(operation: &str, field: &str, number: usize) -> String {
    let fields: Vec<String> = (0..number).map(|n| format!("a{n}: {field}")).collect();
    format!("{operation} {{ {} }}", fields.join(" "))
}

#[tokio::test]
async fn many_at_once_weigh_by_their_number() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let ids = json!({"ids": vec![ada.add("one").await; 100]});
    let inputs = json!({"inputs": vec![json!({"task": "x"}); 100]});
    let set = "setTodosComplete(ids: $ids, isComplete: true) { todos { id } }";
    let add = "addTodos(inputs: $inputs) { todos { id } }";
    for (operation, field, variables, allowed) in [
        ("mutation($ids: [ID!]!)", set, ids, 6),
        ("mutation($inputs: [AddTodoInput!]!)", add, inputs, 6),
        ("mutation", "completeAll { completedIds }", json!({}), 9),
        ("mutation", "clearCompleted { deletedIds }", json!({}), 9),
        ("query", "todos(first: 1) { totalCount }", json!({}), 20),
    ] {
        ada.data(&aliases(operation, field, allowed), variables.clone()).await;
        let more = aliases(operation, field, allowed + 1);
        assert_eq!(ada.error_code(&more, variables).await, "BAD_USER_INPUT", "{field}");
    }
}
