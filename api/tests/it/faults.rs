//! What users see when a part of the service is away, and that it comes back by itself.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::support::{
    app::{Answer, TestApp, credentials},
    core::TestCore,
};

#[tokio::test]
async fn without_its_database_the_service_says_so_and_recovers_by_itself() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    ada.add("before").await;

    app.database.stop().await;
    for query in ["{ todos { nodes { id } } }", "{ todo(id: 1) { id } }"] {
        let answer = ada.send(query, json!({})).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{:?}", answer.body);
        assert_eq!(answer.header("retry-after"), "2");
        assert_eq!(answer.body["errors"][0]["extensions"]["code"], "SERVICE_UNAVAILABLE");
        assert!(!answer.body.to_string().contains("database"), "{:?}", answer.body);
    }
    let ready = app.get("/readyz").send().await.expect("an answer");
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(Answer::read(ready).await.body["database"], "unavailable");

    app.database.resume().await;
    let deadline = Instant::now() + Duration::from_secs(10);
    while ada.send("{ todos { nodes { id } } }", json!({})).await.status != StatusCode::OK {
        assert!(Instant::now() < deadline, "the service does not recover");
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(ada.tasks().await, ["before"]);
}

#[tokio::test]
async fn without_its_core_sign_in_waits_and_todos_go_on() {
    let core = TestCore::start().await;
    let core_url = core.url();
    let vars = [("SUPERTOKENS_URI", core_url.as_str())];
    let app = TestApp::start_with(&vars, core.clock.clock()).await;
    let ada = app.user("ada").await;
    ada.add("before").await;

    core.stop().await;
    app.state.live.listening().await;
    let ready = app.get("/readyz").send().await.expect("an answer");
    assert_eq!(ready.status(), StatusCode::OK);
    assert_eq!(
        Answer::read(ready).await.body,
        json!({"database": "ok", "keys": "ok", "core": "unavailable", "live": "ok"})
    );
    ada.add("during").await;
    assert_eq!(ada.tasks().await, ["during", "before"]);
    // The email comes from the Core: the rest of the answer does not wait for it.
    let answer = ada.send("{ session { userId email } todos { nodes { id } } }", json!({})).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body["data"]["session"], json!({"userId": ada.id, "email": null}));
    assert_eq!(answer.body["errors"][0]["extensions"]["code"], "SERVICE_UNAVAILABLE");

    for path in ["/auth/signin", "/auth/signup"] {
        let request = app.post(path).json(&credentials("ada@example.com", "secret123"));
        let answer = Answer::read(request.send().await.expect("an answer")).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.header("retry-after"), "5");
        assert!(answer.message().contains("Try again"), "{:?}", answer.body);
    }
}

#[tokio::test]
async fn a_full_pool_is_told_soon_and_empties_again() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    ada.add("mine").await;
    // Whoever holds the row makes its writers wait, and with them the pool.
    let mut holder = app.database.connect().await;
    sqlx::raw_sql("begin; select from todos for update").execute(&mut holder).await.expect("held");
    let toggle =
        "mutation { completed: updateTodo(input: {id: 1, isComplete: true}) { todo { id } } }";
    let waiting = futures_util::future::join_all((0..6).map(|_| ada.send(toggle, json!({}))));
    let (answers, ()) = tokio::join!(waiting, async {
        // Longer than a request waits for a connection.
        sleep(Duration::from_millis(3_500)).await;
        sqlx::raw_sql("rollback").execute(&mut holder).await.expect("released");
    });
    let told: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(told.iter().filter(|status| **status == StatusCode::OK).count(), 4, "{told:?}");
    let refused = StatusCode::SERVICE_UNAVAILABLE;
    assert_eq!(told.iter().filter(|status| **status == refused).count(), 2, "{told:?}");
    assert_eq!(ada.tasks().await, ["mine"]);
}
