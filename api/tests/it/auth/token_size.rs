//! Tokens that are too large for a cookie: a clear refusal, and a warning to who gives the roles.

use api::commands::roles::{self, Command};
use clock::Clock;
use serde_json::json;

use super::{
    UNAUTHORISED, assert_refused,
    browser::{Browser, set_cookies},
    send,
};
use crate::support::app::{TestApp, credentials};

async fn give_many_roles(app: &TestApp, user_id: &str) {
    let core = app.state.supertokens.core();
    for number in 0..40 {
        let role = format!("role-of-a-usual-length-{number:02}");
        let permission = format!("a-permission-of-a-usual-length-{number:02}:read");
        core.create_role(&role, &[&permission]).await.expect("a role");
        core.give_role(user_id, &role).await.expect("a role");
    }
}

async fn sign_in(app: &TestApp, mode: &str) -> crate::support::app::Answer {
    let request = app.post("/auth/signin").header("st-auth-mode", mode);
    send(request.json(&credentials("ada@example.com", "secret123"))).await
}

#[tokio::test]
async fn session_that_no_cookie_can_hold_is_refused_in_words() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    give_many_roles(&app, &ada.id).await;
    let before = app.state.supertokens.sessions().of_user(&ada.id).await.expect("sessions").len();
    let answer = sign_in(&app, "cookie").await;
    assert_eq!((answer.status.as_u16(), &answer.body["status"]), (200, &json!("GENERAL_ERROR")));
    assert!(answer.message().contains("too many roles"), "{answer:?}");
    assert!(set_cookies(&answer).is_empty());
    let after = app.state.supertokens.sessions().of_user(&ada.id).await.expect("sessions").len();
    assert_eq!(before, after, "the session was ended");
    // In headers there is no such limit.
    assert_eq!(sign_in(&app, "header").await.body["status"], "OK");
}

#[tokio::test]
async fn refresh_hands_out_no_cookie_that_browsers_drop() {
    let app = TestApp::start().await;
    let browser = Browser::sign_up(&app, "ada").await;
    let handle =
        super::payload(&browser.access)["sessionHandle"].as_str().expect("text").to_owned();
    let payload = json!({"iss": "http://localhost/auth", "note": "x".repeat(4_000)});
    let payload = payload.as_object().expect("an object");
    let core = app.state.supertokens.core();
    core.set_payload(&handle, payload).await.expect("the Core answers");
    let refreshed = browser.refresh().await;
    assert_refused(&refreshed, 401, UNAUTHORISED);
    assert_eq!(refreshed.header("front-token"), "remove");
}

#[tokio::test]
async fn giving_too_many_roles_prints_a_warning() {
    let app = TestApp::start_with(&[], Clock::system()).await;
    let ada = app.user("ada").await;
    let core = app.state.supertokens.core();
    core.create_role("small", &["todos:read"]).await.expect("a role");
    let grant = async |role: &str| {
        let command = Command::Grant { role: role.to_owned(), user: ada.id.clone() };
        roles::run(command, core).await.expect("it is given")
    };
    assert!(!grant("small").await.contains("warning"));
    give_many_roles(&app, &ada.id).await;
    core.create_role("last", &[]).await.expect("a role");
    let printed = grant("last").await;
    assert!(printed.contains("\nwarning: access tokens with these roles have about"), "{printed}");
}
