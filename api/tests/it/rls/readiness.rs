//! `/readyz` when the database is well and its connections are not free.

use api::rls::{Access, Role};
use reqwest::StatusCode;
use sea_orm::ConnectionTrait as _;
use serde_json::Value;

use crate::support::app::TestApp;

#[tokio::test]
async fn full_pool_leaves_the_service_ready() {
    let vars = [("DATABASE_MAX_CONNECTIONS", "1")];
    let (app, _proxy) = TestApp::start_behind_proxy(&vars).await;
    let claims = app.claims(&app.user("ada").await).await;
    // As with every request: one that comes while the connection is opened may have to wait for too long.
    let transaction = loop {
        match app.state.rls.begin(Role::Authenticated, Access::Read, &claims).await {
            Ok(transaction) => break transaction,
            Err(pg_scope::Error::AcquireTimeout(_)) => {}
            Err(error) => panic!("{error}"),
        }
    };
    transaction.execute_unprepared("SELECT 1").await.expect("a row");
    let response = app.get("/readyz").send().await.expect("a response");
    assert_eq!(response.status(), StatusCode::OK);
    let report: Value = response.json().await.expect("JSON");
    assert_eq!(report["database"], "busy");
}
