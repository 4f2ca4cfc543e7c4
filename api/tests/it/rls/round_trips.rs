//! How often a request waits for the database: counted on the wire.

use serde_json::json;

use crate::support::wire::{CLAIMS, CLAIMS_TO_READ, STATEMENT, Wire, sent, warm};

#[tokio::test]
async fn a_read_waits_once() {
    let wire = Wire::default();
    let app = warm(&wire).await;
    let ada = app.user("ada").await;
    for query in [
        "{ todos { nodes { id } } }",
        "{ todo(id: 1) { id } }",
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
        &format!("toggleTodo(id: {id}) {{ todo {{ id }} }}"),
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
