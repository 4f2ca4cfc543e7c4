//! How often a request waits for the database: counted on the wire.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::wire::{CLAIMS, CLAIMS_TO_READ, STATEMENT, Wire, sent, warm};

#[tokio::test]
async fn a_read_waits_once() {
    let wire = Wire::default();
    let app = warm(&wire).await;
    let ada = app.user("ada").await;
    for query in [
        "{ todos { nodes { id } } }",
        r#"{ todo(id: "todo_1") { id } }"#,
        r#"{ todos(filter: {taskContains: "x"}) { nodes { id } } }"#,
    ] {
        let sent = sent(&wire, &ada, query).await;
        // What is sent together is one transaction, without a word about that.
        assert_eq!(sent, [[CLAIMS_TO_READ, STATEMENT]], "{query}");
    }
}

#[tokio::test]
async fn a_write_waits_once() {
    let wire = Wire::default();
    let app = warm(&wire).await;
    let ada = app.user("ada").await;
    let id = ada.add("x").await;
    wire.take_transaction().await;
    for change in [
        r#"addTodo(input: {task: "x"}) { todo { id } }"#,
        &format!("toggleTodo(id: \"{id}\") {{ todo {{ id }} }}"),
        "completeAll { count }",
        r#"clearCompleted(filter: {taskContains: "x"}) { count }"#,
    ] {
        let sent = sent(&wire, &ada, &format!("mutation {{ {change} }}")).await;
        assert_eq!(sent, [[CLAIMS, STATEMENT]], "{change}");
    }
}

#[tokio::test]
async fn a_change_that_may_be_taken_back_waits_twice() {
    let wire = Wire::default();
    let app = warm(&wire).await;
    let ada = app.user("ada").await;
    let add = r#"mutation { addTodos(inputs: [{task: "x"}, {task: "y"}]) { todos { id } } }"#;
    let sent = sent(&wire, &ada, add).await;
    assert_eq!(sent, [vec!["BEGIN", CLAIMS, STATEMENT], vec!["COMMIT"]]);
}

#[tokio::test]
async fn any_number_of_ids_is_one_statement() {
    let wire = Wire::default();
    let app = warm(&wire).await;
    let ada = app.user("ada").await;
    let ids = [ada.add("x").await, ada.add("y").await, ada.add("z").await];
    for number in 1..=ids.len() {
        let ids = &ids[..number];
        let field = |(at, id): (usize, &String)| format!("t{at}: todo(id: \"{id}\") {{ task }}");
        let fields: Vec<_> = ids.iter().enumerate().map(field).collect();
        let fields = fields.join(" ");
        ada.data(&format!("{{ {fields} }}"), json!({})).await;
        let change = "mutation($ids: [ID!]!) { setTodosComplete(ids: $ids, isComplete: true) { todos { task } } }";
        ada.data(change, json!({ "ids": ids })).await;
    }
    let texts = wire.texts();
    for command in ["SELECT", "UPDATE"] {
        let by_id =
            texts.iter().filter(|text| text.starts_with(command) && text.contains("\"id\" = ANY"));
        let by_id: BTreeSet<_> = by_id.collect();
        assert_eq!(by_id.len(), 1, "{by_id:?} of {texts:?}");
        assert!(!texts.iter().any(|text| text.contains("\"id\" IN (")), "{texts:?}");
    }
}

#[tokio::test]
async fn claims_are_no_sql() {
    let wire = Wire::default();
    let app = warm(&wire).await;
    let ada = app.user("ada").await;
    // What a backend may put into a token: the user chose it.
    let hostile = r"'; drop table todos; -- \' $$ \u0027 '' %s";
    let handle = app.state.supertokens.sessions().of_user(&ada.id).await.expect("the Core answers");
    let changes = json!({"name": hostile}).as_object().expect("an object").clone();
    let sessions = app.state.supertokens.sessions();
    sessions
        .merge_into_payload(&handle[0].session_handle, changes)
        .await
        .expect("the Core answers");
    let ada = app.refreshed(&ada).await;
    ada.add("hers").await;
    assert_eq!(ada.tasks().await, ["hers"]);
    let texts = wire.texts();
    assert!(texts.iter().any(|text| text.contains("'request.jwt.claims'")), "{texts:?}");
    assert!(texts.iter().all(|text| !text.contains("drop table")), "{texts:?}");
}
