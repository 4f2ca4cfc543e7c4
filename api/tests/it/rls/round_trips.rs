//! How often a request waits for the database: counted on the wire.

use serde_json::json;

use crate::support::wire::{PING, STATEMENT, Wire, sent, warm};

#[tokio::test]
async fn a_read_waits_twice_and_ends_behind_the_answer() {
    let wire = Wire::default();
    let app = warm(&wire).await;
    let ada = app.user("ada").await;
    let sent = sent(&wire, &ada, "{ todos { nodes { id } } }").await;
    assert!(sent[0].starts_with("BEGIN READ ONLY; SELECT set_config('role'"), "{sent:?}");
    // The answer waits for these two; what ends the transaction runs behind it.
    assert_eq!(sent[1], STATEMENT);
    assert!(sent[2].starts_with("ROLLBACK"), "{sent:?}");
    assert_eq!(sent[3..], [PING]);
}

#[tokio::test]
async fn a_write_waits_three_times() {
    let wire = Wire::default();
    let app = warm(&wire).await;
    let ada = app.user("ada").await;
    let add = "mutation { addTodo(input: {task: \"x\"}) { todo { id } } }";
    let sent = sent(&wire, &ada, add).await;
    assert!(sent[0].starts_with("BEGIN READ WRITE; "), "{sent:?}");
    assert_eq!(sent[1], STATEMENT);
    assert!(sent[2].starts_with("COMMIT"), "{sent:?}");
    assert_eq!(sent[3..], [PING]);
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
    let sent = wire.take_transaction().await;
    assert!(sent.iter().all(|message| !message.contains("drop table")), "{sent:?}");
}
