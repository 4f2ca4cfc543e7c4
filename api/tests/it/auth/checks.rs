//! What an operation may ask of a session: that it lives, and that its claims hold; and how claims
//! change while a session goes on.

use reqwest::{
    Method, StatusCode,
    header::{AUTHORIZATION, HeaderMap},
};
use serde_json::{Value, json};
use supertokens::{Session, session::Request};

use super::{UNAUTHORISED, assert_refused, demo, payload, send};
use crate::support::{
    app::{Answer, TestApp},
    core::TestCore,
};

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;

async fn get(app: &TestApp, path: &str, token: &str) -> Answer {
    send(app.get(path).bearer_auth(token)).await
}

async fn session(app: &TestApp, token: &str) -> Session {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, format!("Bearer {token}").parse().expect("a header"));
    let request = Request { method: &Method::POST, path: "/", headers: &headers };
    app.state.supertokens.session(request).await.expect("a session")
}

#[tokio::test]
async fn a_session_that_is_checked_in_the_core_is_dead_at_once_after_signing_out() {
    let core = TestCore::start().await;
    let app = demo::serve(&core).await;
    let ada = app.user("ada").await;
    let checked = get(&app, "/checked", &ada.access_token).await;
    assert_eq!(checked.body, json!({"userId": ada.id}));

    send(app.post("/auth/signout").bearer_auth(&ada.access_token)).await;
    let checked = get(&app, "/checked", &ada.access_token).await;
    assert_refused(&checked, 401, UNAUTHORISED);
    assert_eq!(checked.header("front-token"), "remove");
    let unchecked = get(&app, "/sessioninfo", &ada.access_token).await;
    assert_eq!(unchecked.status, 200, "a token lives until it expires");
}

#[tokio::test]
async fn revoked_sessions_are_refused_at_once() {
    let core = TestCore::start().await;
    let app = demo::serve(&core).await;
    let (ada, eve) = (app.user("ada").await, app.user("eve").await);
    app.state.supertokens.core().revoke_and_deny_all(&ada.id).await.expect("the Core answers");
    let refused = get(&app, "/sessioninfo", &ada.access_token).await;
    assert_refused(&refused, 401, UNAUTHORISED);
    assert_eq!(get(&app, "/sessioninfo", &eve.access_token).await.status, 200);
}

#[tokio::test]
async fn without_its_core_only_checked_sessions_wait() {
    let core = TestCore::start().await;
    let app = demo::serve(&core).await;
    let ada = app.user("ada").await;
    assert_eq!(get(&app, "/sessioninfo", &ada.access_token).await.status, 200);
    core.stop().await;
    assert_eq!(get(&app, "/sessioninfo", &ada.access_token).await.status, 200);
    let checked = get(&app, "/checked", &ada.access_token).await;
    assert_eq!(checked.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_role_counts_for_an_operation_within_five_minutes() {
    let core = TestCore::start().await;
    let app = demo::serve(&core).await;
    let ada = app.user("ada").await;
    let missing = json!({
        "message": "invalid claim",
        "claimValidationErrors": [{"id": "st-role", "reason": {
            "message": "wrong value", "expectedToInclude": "admin", "actualValue": []}}],
    });
    let roles = app.state.supertokens.roles();
    assert!(roles.create("admin", &["todos:read"]).await.expect("the Core answers"));
    assert_eq!(roles.give(&ada.id, "admin").await.expect("the Core answers"), Some(true));
    let refused = get(&app, "/admin-only", &ada.access_token).await;
    assert_eq!((refused.status.as_u16(), &refused.body), (403, &missing));

    core.clock.advance(5 * MINUTE + 1);
    let allowed = get(&app, "/admin-only", &ada.access_token).await;
    assert_eq!(allowed.body, json!({"userId": ada.id}));
    let token = allowed.header("st-access-token").to_owned();
    assert_eq!(payload(&token)["st-role"]["v"], json!(["admin"]));
    assert_eq!(payload(&token)["st-perm"]["v"], json!(["todos:read"]));

    // Taken again: the refusal hands out what was fetched for it.
    assert_eq!(roles.take(&ada.id, "admin").await.expect("the Core answers"), Some(true));
    core.clock.advance(5 * MINUTE + 1);
    let refused = get(&app, "/admin-only", &token).await;
    assert_eq!((refused.status.as_u16(), &refused.body), (403, &missing));
    let token = refused.header("st-access-token");
    assert_eq!(payload(token)["st-role"]["v"], json!([]));
}

#[tokio::test]
async fn a_change_of_the_payload_is_in_the_answers_token_and_in_those_after_it() {
    let core = TestCore::start().await;
    let app = demo::serve(&core).await;
    let ada = app.user("ada").await;
    let before = payload(&ada.access_token);
    let wanted = json!({"plan": "pro", "st-perm": null, "sub": "eve", "exp": 9_999_999_999_i64});
    let changed = app
        .state
        .supertokens
        .merge_into_payload(
            session(&app, &ada.access_token).await,
            wanted.as_object().expect("an object").clone(),
        )
        .await
        .expect("a session");

    let token = changed.headers["st-access-token"].to_str().expect("text");
    assert!(!format!("{changed:?}").contains(token), "not for a log");
    let after = payload(token);
    assert_eq!((&after["plan"], &after["st-perm"]), (&json!("pro"), &Value::Null));
    for claim in ["sub", "exp", "sessionHandle", "iss", "st-role"] {
        assert_eq!(after[claim], before[claim], "{claim}");
    }
    assert_eq!(get(&app, "/sessioninfo", token).await.status, 200);

    let refreshed = send(app.post("/auth/session/refresh").bearer_auth(&ada.refresh_token)).await;
    assert_eq!(payload(refreshed.header("st-access-token"))["plan"], "pro");
}

#[tokio::test]
async fn a_session_that_has_ended_cannot_be_changed() {
    let core = TestCore::start().await;
    let app = demo::serve(&core).await;
    let ada = app.user("ada").await;
    let ended = session(&app, &ada.access_token).await;
    send(app.post("/auth/signout").bearer_auth(&ada.access_token)).await;
    let changes = serde_json::Map::from_iter([("plan".to_owned(), json!("pro"))]);
    let refused = app.state.supertokens.merge_into_payload(ended, changes).await;
    assert_eq!(refused.expect_err("no session").to_string(), UNAUTHORISED);
}
