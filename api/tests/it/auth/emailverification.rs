//! Verifying an email by the link of a mail.

use reqwest::Method;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use supertokens::session::NewSession;

use super::{assert_refused, operation, payload, send};
use crate::support::{
    app::{Answer, TestApp, User, credentials},
    core::TestClock,
    mail,
};

const VERIFY: &str = "/auth/user/email/verify";
const SEND_LINK: &str = "/auth/user/email/verify/token";
const SECOND: i64 = 1000;
const DAY: i64 = 24 * 3600 * SECOND;

async fn spend(app: &TestApp, token: &str) -> Value {
    let body = json!({"method": "token", "token": token});
    send(app.post(VERIFY).json(&body)).await.body["status"].clone()
}

async fn is_verified(app: &TestApp, user: &User<'_>) -> Value {
    let answer = send(app.get(VERIFY).bearer_auth(&user.access_token)).await;
    answer.body["isVerified"].clone()
}

/// Asks for a mail, and takes the token of its link.
async fn token(app: &TestApp, user: &User<'_>, read: &mut usize) -> String {
    let answer = send(app.post(SEND_LINK).bearer_auth(&user.access_token)).await;
    assert_eq!(answer.body, json!({"status": "OK"}));
    mail::next(app, read).await.token()
}

#[tokio::test]
async fn the_link_leads_to_the_page_in_the_form_of_the_official_sdk() {
    let vars = [
        ("API_DOMAIN", "https://api.example.com"),
        ("WEBSITE_DOMAIN", "https://todos.example.com"),
    ];
    let app = TestApp::start_with(&vars, clock::Clock::system()).await;
    let ada = app.user("ada").await;
    send(app.post(SEND_LINK).bearer_auth(&ada.access_token)).await;
    let mail = mail::next(&app, &mut 0).await;
    assert_eq!((&*mail.recipient, &*mail.subject), ("ada@example.com", "Verify your email"));
    let link = mail.link();
    let expected = format!(
        "https://todos.example.com/auth/verify-email?token={}&tenantId=public&userId={}",
        mail.token(),
        ada.id
    );
    assert_eq!(link.as_str(), expected);
    assert!(mail.html.contains(&expected.replace('&', "&amp;")), "{}", mail.html);
}

#[tokio::test]
async fn a_link_works_once_for_whoever_opens_it_and_only_for_its_user() {
    let app = TestApp::start().await;
    let (ada, grace) = (app.user("ada").await, app.user("grace").await);
    let token = token(&app, &ada, &mut 0).await;
    assert_eq!(is_verified(&app, &ada).await, false);
    // Opened where somebody else is signed in: their session learns nothing.
    let body = json!({"method": "token", "token": token});
    let opened = send(app.post(VERIFY).bearer_auth(&grace.access_token).json(&body)).await;
    assert_eq!(opened.body, json!({"status": "OK"}));
    assert!(!opened.headers.contains_key("st-access-token"));
    assert_eq!(spend(&app, &token).await, "EMAIL_VERIFICATION_INVALID_TOKEN_ERROR");
    assert_eq!(is_verified(&app, &ada).await, true);
    assert_eq!(is_verified(&app, &grace).await, false);
    let again = send(app.post(SEND_LINK).bearer_auth(&ada.access_token)).await;
    assert_eq!(again.body, json!({"status": "EMAIL_ALREADY_VERIFIED_ERROR"}));
    assert_eq!(payload(again.header("st-access-token"))["st-ev"]["v"], true);
}

#[tokio::test]
async fn a_link_expires_and_is_stored_as_a_hash() {
    let clock = TestClock::at(1_800_000_000 * SECOND);
    let app = TestApp::start_with(&[], clock.clock()).await;
    let ada = app.user("ada").await;
    let token = token(&app, &ada, &mut 0).await;
    let mut database = app.database.connect().await;
    let stored: (i64, i64) = sqlx::query_as(
        "select count(*), count(*) filter (where strpos(t::text, $1) > 0) \
         from supertokens_core.email_verification_tokens t",
    )
    .bind(&token)
    .fetch_one(&mut database)
    .await
    .expect("the database answers");
    assert_eq!(stored, (1, 0));
    clock.advance(DAY + 1);
    assert_eq!(spend(&app, &token).await, "EMAIL_VERIFICATION_INVALID_TOKEN_ERROR");
}

#[tokio::test]
async fn a_link_for_an_email_of_before_verifies_none_of_now() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let token = token(&app, &ada, &mut 0).await;
    let users = app.state.supertokens.users();
    users.change_email(&ada.id, "eve@example.com").await.expect("the Core answers");
    let body = json!({"method": "token", "token": token});
    let opened = send(app.post(VERIFY).bearer_auth(&ada.access_token).json(&body)).await;
    assert_eq!(opened.body, json!({"status": "OK"}), "the old email was theirs");
    assert_eq!(payload(opened.header("st-access-token"))["st-ev"]["v"], false);
    assert_eq!(is_verified(&app, &ada).await, false);
}

#[tokio::test]
async fn a_session_of_a_deleted_user_is_cleared() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    app.state.supertokens.users().delete(&ada.id).await.expect("the Core answers");
    for method in [Method::GET, Method::POST] {
        let path = if method == Method::GET { VERIFY } else { SEND_LINK };
        let answer = send(app.request(method, path).bearer_auth(&ada.access_token)).await;
        assert_refused(&answer, 401, "unauthorised");
        assert_eq!(answer.header("front-token"), "remove");
    }
}

#[tokio::test]
async fn malformed_tokens_and_missing_sessions_are_refused() {
    let app = TestApp::start().await;
    for (body, message) in [
        (json!({"method": "token"}), "Please provide the email verification token"),
        (json!({"method": "token", "token": 5}), "The email verification token must be a string"),
    ] {
        assert_refused(&send(app.post(VERIFY).json(&body)).await, 400, message);
    }
    assert_refused(&send(app.get(VERIFY)).await, 401, "unauthorised");
    assert_refused(&send(app.post(SEND_LINK)).await, 401, "unauthorised");
    for token in ["", "bad", "%00", "a.b.c", &"x".repeat(10_000)] {
        assert_eq!(spend(&app, token).await, "EMAIL_VERIFICATION_INVALID_TOKEN_ERROR", "{token}");
    }
}

#[tokio::test]
async fn where_a_verified_email_is_required_a_session_counts_once_it_is() {
    let clock = TestClock::at(1_800_000_000 * SECOND);
    let app = TestApp::start_with(&[("EMAIL_VERIFICATION", "required")], clock.clock()).await;
    let ada = app.user("ada").await;
    let todos = async |token: &str| -> Answer {
        let request = app.post("/graphql").bearer_auth(token);
        send(request.json(&operation("{ todos { nodes { id } } }"))).await
    };
    let refused = todos(&ada.access_token).await;
    assert_eq!(refused.status, 403);
    assert_eq!(
        refused.body,
        json!({
            "message": "invalid claim",
            "claimValidationErrors": [{"id": "st-ev", "reason": {
                "message": "wrong value", "expectedValue": true, "actualValue": false}}],
        })
    );

    // Verified elsewhere: this session learns of it by itself, after a while.
    let token = token(&app, &ada, &mut 0).await;
    assert_eq!(spend(&app, &token).await, "OK");
    assert_eq!(todos(&ada.access_token).await.status, 403);
    clock.advance(10 * SECOND + 1);
    let allowed = todos(&ada.access_token).await;
    assert_eq!(allowed.status, 200, "{:?}", allowed.body);
    assert_eq!(todos(allowed.header("st-access-token")).await.status, 200);

    let form = credentials("grace@example.com", "secret123");
    let signed_up = send(app.post("/auth/signup").json(&form)).await;
    let out =
        send(app.post("/auth/signout").bearer_auth(signed_up.header("st-access-token"))).await;
    assert_eq!(out.body, json!({"status": "OK"}), "whoever is not verified can leave");
}

#[tokio::test]
async fn session_without_verification_claim_gets_a_link_and_the_claim() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let mut read = 0;
    for payload in [json!({}), json!({"st-ev": null}), json!({"st-ev": {"t": 0}})] {
        let session = session_with(&app, &ada.id, payload.clone()).await;
        let answer = send(app.post(SEND_LINK).bearer_auth(session)).await;
        assert_eq!(answer.body, json!({"status": "OK"}), "{payload}");
        assert_eq!(super::payload(answer.header("st-access-token"))["st-ev"]["v"], false);
        mail::next(&app, &mut read).await;
    }
}

/// The access token of a session whose payload another backend wrote.
async fn session_with(app: &TestApp, user_id: &str, mut payload: Value) -> String {
    payload["iss"] = payload_of_guest(app).await["iss"].clone();
    let session = NewSession {
        user_id,
        access_token_payload: payload,
        session_data: json!({}),
        enable_anti_csrf: false,
    };
    let tokens = app.state.supertokens.core().create_session(session).await;
    tokens.expect("the Core answers").access_token.token.expose_secret().to_owned()
}

async fn payload_of_guest(app: &TestApp) -> Value {
    payload(&app.guest("guest").await.access_token)
}
