//! Words that would be SQL if any input reached the database as text: in every place that takes some.

use serde_json::{Value, json};

use crate::support::app::{TestApp, User, credentials};

/// What would make the statement after it somebody else's; VICTIM stands for a user's id.
const INJECTIONS: [&str; 8] = [
    "RESET ROLE",
    "x'; RESET ROLE; --",
    "x'; SET ROLE it_owner; --",
    "x'; SET LOCAL row_security = off; --",
    "'; SELECT set_config('request.jwt.claims', '{\"sub\": \"VICTIM\"}', true); --",
    "' || set_config('request.jwt.claims', '{\"sub\": \"VICTIM\"}', false) || '",
    "\\'; COMMIT; UPDATE todos SET user_id = 'VICTIM'; --",
    "$1; RESET ALL; --",
];

const ADD: &str = "mutation($text: String!) { addTodo(input: {task: $text}) { todo { id task } } }";
const UPDATE: &str = "mutation($id: ID!, $text: String!) {
    updateTodo(input: {id: $id, task: $text}) { todo { task } } }";
const SEARCH: &str =
    "query($text: String!) { todos(filter: {taskContains: $text}) { nodes { task } } }";
/// Operations in which a text that cannot be meant is refused, or finds nothing.
const OTHERS: [&str; 7] = [
    "query($text: ID!) { todo(id: $text) { task } }",
    "query($text: ID!) { node(id: $text) { id } }",
    "query($text: ID!) { userTodos(userId: $text) { nodes { task } } }",
    "query($text: String!) { todos(after: $text) { nodes { task } } }",
    "mutation($text: ID!) { toggleTodo(id: $text) { todo { task } } }",
    "mutation($text: ID!) { setTodosComplete(ids: [$text], isComplete: true) { todos { task } } }",
    "mutation($text: ID!) { revokeSession(id: $text) { revokedId } }",
];

async fn writes_and_searches(ada: &User<'_>, text: &str) {
    let added = ada.data(ADD, json!({"text": text})).await["addTodo"]["todo"].clone();
    assert_eq!(added["task"], text);
    let changed = ada.data(UPDATE, json!({"id": added["id"], "text": text})).await;
    assert_eq!(changed["updateTodo"]["todo"]["task"], text);
    // As long as a search may be.
    let part: String = text.chars().take(100).collect();
    let found = ada.data(SEARCH, json!({"text": part})).await["todos"]["nodes"].clone();
    let found = found.as_array().expect("nodes");
    assert!(!found.is_empty(), "{text}");
    for todo in found {
        assert!(todo["task"].as_str().expect("a task").contains(&part), "{todo}");
    }
}

#[tokio::test]
async fn no_input_becomes_a_statement_a_role_or_claims() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.user("ada").await, app.user("eve").await);
    eve.add("hers alone").await;
    for text in INJECTIONS {
        let text = &text.replace("VICTIM", &eve.id);
        writes_and_searches(&ada, text).await;
        for query in OTHERS {
            let answer = ada.send(query, json!({"text": text})).await;
            assert!(answer.status.is_success(), "{query}: {:?}", answer.body);
            assert!(!answer.body.to_string().contains("hers alone"), "{query}: {:?}", answer.body);
            let code = &answer.body["errors"][0]["extensions"]["code"];
            assert_ne!(code, "INTERNAL", "{query}: {:?}", answer.body);
        }
        for form in [credentials(text, "secret123"), credentials("ada@example.com", text)] {
            let request = app.post("/auth/signin").json(&form);
            let answer = request.send().await.expect("an answer");
            assert!(answer.status().is_success());
            let said: Value = answer.json().await.expect("JSON");
            assert_ne!(said["status"], "OK", "{text}");
        }
        assert!(ada.tasks().await.iter().all(|task| task != "hers alone"), "{text}");
    }
    assert_eq!(eve.tasks().await, ["hers alone"]);
    let mut connection = app.database.connect().await;
    let foreign: i64 =
        sqlx::query_scalar("select count(*) from todos where user_id not in ($1, $2)")
            .bind(&ada.id)
            .bind(&eve.id)
            .fetch_one(&mut connection)
            .await
            .expect("the table answers");
    assert_eq!(foreign, 0);
}
