//! Changes of many todos: of those that are named, all or none; of all, chunk by chunk.

use clock::Clock;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::app::{TestApp, User};

const SET: &str = "mutation($ids: [ID!]!, $isComplete: Boolean!) {
    setTodosComplete(ids: $ids, isComplete: $isComplete) { todos { id isComplete } } }";
const COMPLETE_ALL: &str = "mutation($filter: TodoFilter) {
    did: completeAll(filter: $filter) { count hasMore } }";
const CLEAR_COMPLETED: &str = "mutation($filter: TodoFilter) {
    did: clearCompleted(filter: $filter) { count hasMore } }";
/// How many todos a transaction of these two changes.
const CHUNK: i64 = 5_000;

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
    for foreign in [hers.as_str(), "todo_999999999", "999999999", "x", ""] {
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

    let all = json!({"filter": null});
    for count in [3, 0] {
        let changed = ada.data(COMPLETE_ALL, all.clone()).await;
        assert_eq!(changed["did"], json!({"count": count, "hasMore": false}));
    }
    assert_eq!(done(&ada).await, mine);

    let open = ada.add("open").await;
    for count in [5, 0] {
        let changed = ada.data(CLEAR_COMPLETED, all.clone()).await;
        assert_eq!(changed["did"], json!({"count": count, "hasMore": false}));
    }
    assert_eq!(
        ids(&ada.data("{ todos { nodes { id } } }", json!({})).await["todos"]["nodes"]),
        [open]
    );
    assert_eq!(done(&eve).await, hers[..1]);
    assert_eq!(eve.tasks().await.len(), 2);
}

#[tokio::test]
async fn filter_says_which_are_completed_and_cleared() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for task in ["Milk", "bread", "oat milk"] {
        ada.add(task).await;
    }
    let milk = json!({"filter": {"taskContains": "MILK"}});
    assert_eq!(ada.data(COMPLETE_ALL, milk.clone()).await["did"]["count"], 2);
    assert_eq!(done(&ada).await.len(), 2);
    let none = json!({"filter": {"isComplete": false}});
    assert_eq!(ada.data(CLEAR_COMPLETED, none).await["did"]["count"], 0);
    let oat = json!({"filter": {"taskContains": "oat", "isComplete": true}});
    assert_eq!(ada.data(CLEAR_COMPLETED, oat).await["did"]["count"], 1);
    assert_eq!(ada.tasks().await, ["bread", "Milk"]);
    for filter in [json!({"taskContains": ""}), json!({"insertedAfter": "+10000-01-01T00:00:00Z"})]
    {
        let code = ada.error_code(COMPLETE_ALL, json!({"filter": filter})).await;
        assert_eq!(code, "BAD_USER_INPUT");
    }
}

async fn fill(app: &TestApp, user: &User<'_>, number: i64) {
    let sql = format!(
        "insert into todos (user_id, task) select '{}', 'x' from generate_series(1, {number})",
        user.id
    );
    app.database.execute(&sql).await;
}

async fn count(app: &TestApp, condition: &str) -> i64 {
    let sql = format!("select count(*) from todos where {condition}");
    let mut connection = app.database.connect().await;
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut connection).await.expect("a count")
}

#[tokio::test]
async fn each_chunk_is_committed_by_itself() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    fill(&app, &ada, 2 * CHUNK + 1).await;
    // The second chunk fails.
    app.database
        .execute(
            "create function refuse() returns trigger language plpgsql security definer as $$ begin
                 if exists (select from todos where is_complete) then raise 'not now'; end if;
                 return null; end $$;
             create trigger refuse before update on todos for each statement execute function refuse()",
        )
        .await;
    assert_eq!(ada.error_code(COMPLETE_ALL, json!({})).await, "INTERNAL");
    assert_eq!(count(&app, "is_complete").await, CHUNK);

    app.database.execute("drop trigger refuse on todos").await;
    let rest = json!({"count": CHUNK + 1, "hasMore": false});
    assert_eq!(ada.data(COMPLETE_ALL, json!({})).await["did"], rest);
    let all = json!({"count": 2 * CHUNK + 1, "hasMore": false});
    assert_eq!(ada.data(CLEAR_COMPLETED, json!({})).await["did"], all);
    assert_eq!(count(&app, "true").await, 0);
}

#[tokio::test]
async fn call_that_has_used_its_time_says_that_there_is_more() {
    let app = TestApp::start_with(&[("REQUEST_TIMEOUT", "300")], Clock::system()).await;
    let ada = app.user("ada").await;
    fill(&app, &ada, CHUNK + 1).await;
    app.database
        .execute(
            "create function wait() returns trigger language plpgsql as
                 $$ begin perform pg_sleep(5.1); return null; end $$;
             create trigger wait before update on todos for each statement execute function wait()",
        )
        .await;
    let first = json!({"count": CHUNK, "hasMore": true});
    assert_eq!(ada.data(COMPLETE_ALL, json!({})).await["did"], first);
    let second = json!({"count": 1, "hasMore": false});
    assert_eq!(ada.data(COMPLETE_ALL, json!({})).await["did"], second);
}

/// With a join, this takes more than a minute: the statement is stopped after ten seconds.
#[tokio::test]
async fn outdated_statistics_do_not_slow_changes_of_all() {
    let app = TestApp::start_with(&[("REQUEST_TIMEOUT", "300")], Clock::system()).await;
    let ada = app.user("ada").await;
    fill(&app, &ada, 60_000).await;
    for sql in [
        "alter table todos set (autovacuum_enabled = off)",
        "update todos set is_complete = true",
        "analyze todos",
        "update todos set is_complete = false",
    ] {
        app.database.execute(sql).await;
    }
    for operation in [COMPLETE_ALL, CLEAR_COMPLETED] {
        while ada.data(operation, json!({})).await["did"]["hasMore"] == true {}
    }
    assert_eq!(count(&app, "true").await, 0);
}

/// Each may lose a deadlock, and is repeated then.
#[tokio::test]
async fn calls_at_once_complete_and_clear_all() {
    let app = TestApp::start_with(&[("REQUEST_TIMEOUT", "300")], Clock::system()).await;
    let ada = app.user("ada").await;
    fill(&app, &ada, 2 * CHUNK).await;
    for (operation, left) in [(COMPLETE_ALL, "not is_complete"), (CLEAR_COMPLETED, "true")] {
        let call = async || loop {
            let answer = ada.send(operation, json!({})).await;
            if answer.body["data"]["did"]["hasMore"] == false {
                return;
            }
            let code = &answer.body["errors"][0]["extensions"]["code"];
            assert!(code.is_null() || code == "SERVICE_UNAVAILABLE", "{:?}", answer.body);
        };
        join_all([call(), call()]).await;
        assert_eq!(count(&app, left).await, 0, "{left}");
    }
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
        ("mutation", "completeAll { count }", json!({}), 1),
        ("mutation", "clearCompleted { count }", json!({}), 1),
        ("query", "todos(first: 1) { totalCount }", json!({}), 20),
    ] {
        ada.data(&aliases(operation, field, allowed), variables.clone()).await;
        let more = aliases(operation, field, allowed + 1);
        assert_eq!(ada.error_code(&more, variables).await, "BAD_USER_INPUT", "{field}");
    }
}
