//! How many statements an operation sends: none that its selection does not need.

use serde_json::json;

use crate::support::{
    app::TestApp,
    wire::{CLAIMS_TO_READ, STATEMENT, Wire, sent, warm},
};

/// What the database was sent, without what begins and ends a transaction and says whose it is.
fn statements(sent: &[Vec<String>]) -> usize {
    sent.iter().flatten().filter(|statement| *statement == STATEMENT).count()
}

fn transactions(sent: &[Vec<String>]) -> usize {
    sent.iter().flatten().filter(|statement| *statement == CLAIMS_TO_READ).count()
}

#[tokio::test]
async fn twenty_todos_by_their_ids_are_one_statement() {
    let wire = Wire::default();
    let app = warm(&wire).await;
    let ada = app.user("ada").await;
    let mut fields = Vec::new();
    for n in 0..20 {
        let id = ada.add(&format!("task {n}")).await;
        let field = if n % 2 == 0 { "todo" } else { "node" };
        let selection = ["id", "id ... on Todo { task }", "id ... on Todo { isComplete }"][n % 3];
        fields.push(format!("a{n}: {field}(id: \"{id}\") {{ {selection} }}"));
    }
    wire.take_transaction().await;
    let query = format!("{{ {} none: todo(id: 999999) {{ id }} }}", fields.join(" "));
    let sent = sent(&wire, &ada, &query).await;
    assert_eq!((transactions(&sent), statements(&sent)), (1, 1), "{sent:?}");
    let data = ada.data(&query, json!({})).await;
    assert_eq!(data["none"], json!(null));
    assert_eq!((&data["a1"]["task"], &data["a2"]["isComplete"]), (&json!("task 1"), &json!(false)));
}

#[tokio::test]
async fn one_request_never_gets_what_another_loaded() {
    let wire = Wire::default();
    let app = warm(&wire).await;
    let (ada, eve) = (app.user("ada").await, app.user("eve").await);
    let id = ada.add("hers").await;
    let query = format!("{{ todo(id: \"{id}\") {{ task }} }}");
    let (hers, his) = tokio::join!(ada.data(&query, json!({})), eve.data(&query, json!({})));
    assert_eq!(hers["todo"]["task"], "hers");
    assert_eq!(his["todo"], json!(null));
}

#[tokio::test]
async fn a_list_is_counted_and_read_only_where_that_is_asked_for() {
    let wire = Wire::default();
    let app = warm(&wire).await;
    let ada = app.user("ada").await;
    for (selection, expected) in [
        ("nodes { id }", 1),
        ("pageInfo { hasNextPage }", 1),
        ("totalCount", 1),
        ("totalCount nodes { __typename }", 2),
        ("edges { cursor } pageInfo { endCursor } __typename", 1),
    ] {
        let sent = sent(&wire, &ada, &format!("{{ todos {{ {selection} }} }}")).await;
        assert_eq!(statements(&sent), expected, "{selection}: {sent:?}");
    }
}

#[tokio::test]
async fn what_needs_no_row_needs_no_transaction() {
    let wire = Wire::default();
    let app = warm(&wire).await;
    let ada = app.user("ada").await;
    ada.tasks().await;
    wire.take_transaction().await;
    ada.data("{ todos { __typename } session { userId } }", json!({})).await;
    ada.data("{ todos { nodes @skip(if: true) { id } __typename } }", json!({})).await;
    ada.tasks().await;
    let sent = wire.take_transaction().await;
    assert_eq!((transactions(&sent), statements(&sent)), (1, 1), "{sent:?}");
}

/// So that the time tells no more than the answer does.
#[tokio::test]
async fn anothers_todo_costs_what_one_that_never_was_costs() {
    let wire = Wire::default();
    let app = warm(&wire).await;
    let (ada, eve) = (app.user("ada").await, app.user("eve").await);
    let hers = ada.add("hers").await;
    wire.take_transaction().await;
    for query in [
        "{ todo(id: ID) { task } }",
        "{ node(id: ID) { id } }",
        "mutation { toggleTodo(id: ID) { todo { id } } }",
        r#"mutation { updateTodo(input: {id: ID, task: "his"}) { todo { id } } }"#,
        "mutation { deleteTodo(id: ID) { deletedId } }",
        "mutation { setTodosComplete(ids: [ID], isComplete: true) { todos { id } } }",
    ] {
        let mut seen = Vec::new();
        for id in [&*hers, "todo_999999999"] {
            // The third time, when the statements are prepared.
            for _ in 0..3 {
                let answer = eve.send(&query.replace("ID", &format!("\"{id}\"")), json!({})).await;
                seen.push((wire.take_transaction().await, answer.without_request_id()));
            }
        }
        assert_eq!(seen[2], seen[5], "{query}");
    }
    assert_eq!(ada.tasks().await, ["hers"]);
}

/// A column that the database lets nobody read fails whoever asks for it, and nobody else.
#[tokio::test]
async fn only_columns_that_are_asked_for_are_read() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let id = ada.add("buy milk").await;
    let all =
        "{ todos { nodes { id task isComplete insertedAt } edges { cursor node { task } } } }";
    let all = ada.data(all, json!({})).await["todos"].clone();
    assert_eq!(all["nodes"][0]["id"], json!(id));
    assert_eq!(all["edges"][0]["node"]["task"], "buy milk");

    app.database
        .execute(
            "revoke select on todos from authenticated;
             grant select (id, is_complete, inserted_at) on todos to authenticated",
        )
        .await;
    let rest =
        "{ todos(orderBy: NEWEST_FIRST) { edges { cursor node { id isComplete } } totalCount } }";
    let rest = ada.data(rest, json!({})).await["todos"].clone();
    assert_eq!(rest["edges"][0]["cursor"].as_str().map(str::is_empty), Some(false));
    for query in
        ["{ todos { nodes { task } } }", "{ todos { edges { node { ... on Todo { task } } } } }"]
    {
        assert_eq!(ada.error_code(query, json!({})).await, "INTERNAL", "{query}");
    }
}
