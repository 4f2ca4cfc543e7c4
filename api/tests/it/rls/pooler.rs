//! Through a transaction pooler (PgBouncer): what one transaction sets is gone before the next, whose
//! connection to the server it then is.

use std::time::Duration;

use api::live::ListenerState;
use axum::Router;
use clock::Clock;
use futures_util::future::join_all;

use crate::support::{app::TestApp, database::TestDatabase, pooler::Pooler};

/// For what must happen, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_mins(2);

const OFF: (&str, &str) = ("DATABASE_PREPARED_STATEMENTS", "off");

/// Replaced by the URL past the pooler.
const DIRECT: (&str, &str) = ("DATABASE_URL_DIRECT", "postgres://localhost/direct");

/// A service behind a pooler that has two connections for it.
async fn behind_pooler(vars: &[(&str, &str)]) -> Option<(TestApp, Pooler)> {
    let database = TestDatabase::migrated().await;
    let key = database.sign_claims().await;
    let pooler = Pooler::start(&database, 2).await?;
    let url = pooler.url(&database);
    let vars = [&[("RLS_CLAIMS", "signed"), ("RLS_CLAIMS_KEY", key.text.as_str())], vars].concat();
    let direct = database.login_url();
    let has_direct = vars.contains(&DIRECT);
    let change = |config: &mut api::config::Config| {
        config.database_authenticated_url = url.into();
        config.database_url_direct = has_direct.then(|| direct.into());
    };
    let app =
        TestApp::start_changed(database, &vars, Clock::system(), change, |_| Router::new()).await;
    Some((app, pooler))
}

#[tokio::test]
async fn todos_pass_through_a_transaction_pooler() {
    let Some((app, _pooler)) = behind_pooler(&[OFF]).await else { return };
    let ada = app.user("ada").await;
    for task in ["one", "two", "three"] {
        ada.add(task).await;
    }
    assert_eq!(ada.tasks().await, ["three", "two", "one"]);
    let refused = "mutation { addTodo(input: {task: \"\"}) { todo { id } } }";
    assert_eq!(ada.error_code(refused, serde_json::json!({})).await, "BAD_USER_INPUT");
    assert_eq!(ada.tasks().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_never_cross_on_the_poolers_connections() {
    let vars = [OFF, ("DATABASE_MAX_CONNECTIONS", "8")];
    let Some((app, _pooler)) = behind_pooler(&vars).await else { return };
    let mut users = Vec::new();
    for _ in 0..8 {
        users.push(app.guest(&uuid::Uuid::new_v4().to_string()).await);
    }
    join_all(users.iter().map(async |user| {
        for round in 0..15 {
            user.add(&user.id).await;
            let tasks = user.tasks().await;
            assert_eq!(tasks.len(), round + 1, "{tasks:?}");
            assert!(tasks.iter().all(|task| *task == user.id), "somebody else's: {tasks:?}");
        }
    }))
    .await;
}

#[tokio::test]
async fn listener_behind_a_pooler_is_reported_and_not_one_past_it() {
    for (vars, expected) in
        [(&[OFF][..], ListenerState::NotDelivered), (&[OFF, DIRECT], ListenerState::Listening)]
    {
        let Some((app, _pooler)) = behind_pooler(vars).await else { return };
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while app.state.live.state() == ListenerState::Connecting {
            assert!(tokio::time::Instant::now() < deadline, "the listener does not connect");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(app.state.live.state(), expected);
        let report = app.state.health.report().await;
        let live = report.reasons()["live"].as_str().expect("a text").to_owned();
        let is_listening = expected == ListenerState::Listening;
        assert_eq!(live == "ok", is_listening, "{live}");
        assert_eq!(live.contains("DATABASE_URL_DIRECT"), !is_listening, "{live}");
        let response = app.get("/readyz").send().await.expect("a response");
        assert_eq!(response.status(), 200, "without the listener, requests are served");
        let public: serde_json::Value = response.json().await.expect("JSON");
        assert_eq!(public["live"], if is_listening { "ok" } else { "unavailable" });
    }
}
