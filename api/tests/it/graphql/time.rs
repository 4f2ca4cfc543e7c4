//! Nothing lasts for ever: statements, transactions without a caller, requests.

use std::time::{Duration, Instant};

use api::rls::{Access, Role};
use clock::Clock;
use reqwest::StatusCode;
use sea_orm::ConnectionTrait;
use serde_json::json;
use tokio::time::sleep;

use crate::support::{
    app::{TestApp, credentials},
    database::TestDatabase,
};

const COMPLETE: &str =
    r#"mutation { updateTodo(input: {id: "todo_1", isComplete: true}) { todo { id } } }"#;

/// A connection that keeps every todo from being written until it is dropped.
async fn hold(database: &TestDatabase) -> sqlx::PgConnection {
    let mut holder = database.connect().await;
    sqlx::raw_sql("begin; select from todos for update").execute(&mut holder).await.expect("held");
    holder
}

#[tokio::test]
async fn a_statement_that_runs_too_long_is_cancelled() {
    // So that the server's ten seconds end it, and not those of the request.
    let app = TestApp::start_with(&[("REQUEST_TIMEOUT", "300")], Clock::system()).await;
    let ada = app.user("ada").await;
    ada.add("held").await;
    let holder = hold(&app.database).await;
    let started = Instant::now();
    let answer = ada.send(COMPLETE, json!({})).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{:?}", answer.body);
    assert_eq!(answer.graphql_error()["extensions"]["code"], "SERVICE_UNAVAILABLE");
    assert!(started.elapsed() >= Duration::from_secs(10), "{:?}", started.elapsed());
    drop(holder);
}

#[tokio::test]
async fn search_is_stopped_earlier_than_other_statements() {
    let vars = [("SEARCH_TIMEOUT", "1"), ("REQUEST_TIMEOUT", "300")];
    let app = TestApp::start_with(&vars, Clock::system()).await;
    let ada = app.user("ada").await;
    ada.add("milk").await;
    let role = app.state.supertokens.roles();
    role.create("support", &["todos:read-any"]).await.expect("the Core answers");
    role.give(&ada.id, "support").await.expect("the Core answers").expect("the role is there");
    let ada = app.sign_in(&credentials("ada@example.com", "secret123")).await;
    let mut holder = app.database.connect().await;
    let lock = "begin; lock todos in access exclusive mode";
    sqlx::raw_sql(lock).execute(&mut holder).await.expect("held");

    for query in [
        r#"{ todos(filter: {taskContains: "m"}) { nodes { id } } }"#,
        r#"{ todos(filter: {taskContains: "m"}, last: 1, orderBy: NEWEST_FIRST) { nodes { id } } }"#,
        r#"{ todos(filter: {taskContains: "m", isComplete: false}) { totalCount } }"#,
        &format!(
            r#"{{ userTodos(userId: "{}", filter: {{taskContains: "m"}}) {{ totalCount }} }}"#,
            ada.id
        ),
    ] {
        let answer = ada.send(query, json!({})).await;
        let error = answer.graphql_error();
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{query}");
        let message = error["message"].as_str().expect("a message");
        assert!(message.starts_with("The search took too long and was stopped."), "{message}");
    }
    // Without a text, the ten seconds of every statement.
    let list = ada.error_code("{ todos { nodes { id } } }", json!({})).await;
    assert_eq!(list, "SERVICE_UNAVAILABLE");
}

#[tokio::test]
async fn a_transaction_that_nobody_uses_is_ended_by_the_server() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let claims = app.claims(&ada).await;
    let begin = async || app.state.rls.begin(Role::Authenticated, Access::Write, &claims).await;
    let transaction = begin().await.expect("a transaction");
    let limits: Vec<(String, String)> = transaction
        .select_as(sea_orm::Statement::from_string(
            sea_orm::DbBackend::Postgres,
            "select current_setting('statement_timeout'),
                    current_setting('idle_in_transaction_session_timeout') as idle",
        ))
        .await
        .expect("the settings");
    assert_eq!(limits, [("10s".into(), "20s".into())]);

    // Sooner, for the test.
    let soon = "select set_config('idle_in_transaction_session_timeout', '50ms', true)";
    transaction.execute_unprepared(soon).await.expect("set");
    let deadline = Instant::now() + Duration::from_mins(1);
    let mut watcher = app.database.connect().await;
    let idle = "select count(*) from pg_stat_activity
                where datname = current_database() and state = 'idle in transaction'";
    while sqlx::query_scalar::<_, i64>(idle).fetch_one(&mut watcher).await.expect("a count") > 0 {
        assert!(Instant::now() < deadline, "the transaction goes on");
        sleep(Duration::from_millis(20)).await;
    }
    transaction.execute_unprepared("select 1").await.expect_err("it is over");
    drop(transaction);
    ada.add("afterwards").await;
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_answered_in_json() {
    let app = TestApp::start_with(&[("REQUEST_TIMEOUT", "3")], Clock::system()).await;
    let ada = app.guest("ada").await;
    // By no request: on a busy machine it could take too long as well.
    app.database.execute("insert into todos (user_id, task) values ('ada', 'held')").await;
    let holder = hold(&app.database).await;
    let answer = ada.send(COMPLETE, json!({})).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{:?}", answer.body);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("retry-after"), "5");
    let error = answer.graphql_error();
    assert_eq!(error["message"], "This took too long. Try again in a moment.");
    assert_eq!(error["extensions"]["code"], "SERVICE_UNAVAILABLE");
    assert_eq!(error["extensions"]["requestId"], answer.header("x-request-id"));
    drop(holder);
    // The service goes on. On a busy machine a list, too, may take longer than three seconds.
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let answer = ada.send("{ todos { nodes { task } } }", json!({})).await;
        if answer.status == StatusCode::OK {
            assert_eq!(answer.body["data"]["todos"]["nodes"], json!([{"task": "held"}]));
            break;
        }
        assert!(Instant::now() < deadline, "{:?}", answer.body);
    }
}
