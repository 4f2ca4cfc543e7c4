//! Choosing a new password by the link of a mail.

use reqwest::header::HeaderName;
use serde_json::{Value, json};

use super::{UNAUTHORISED, assert_refused, send};
use crate::support::{
    app::{Answer, TestApp, User, credentials},
    core::{TestClock, TestCore},
    mail,
};

const SEND_LINK: &str = "/auth/user/password/reset/token";
const RESET: &str = "/auth/user/password/reset";
const INVALID: &str = "RESET_PASSWORD_INVALID_TOKEN_ERROR";
const SECOND: i64 = 1000;
const HOUR: i64 = 3600 * SECOND;

async fn ask(app: &TestApp, email: &str) -> Answer {
    let form = json!({"formFields": [{"id": "email", "value": email}]});
    send(app.post(SEND_LINK).json(&form)).await
}

/// Asks for a mail, and takes the token of its link.
async fn token(app: &TestApp, read: &mut usize) -> String {
    assert_eq!(ask(app, " ADA@example.com").await.body, json!({"status": "OK"}));
    mail::next(app, read).await.token()
}

async fn reset(app: &TestApp, token: &str, password: &str) -> Value {
    let fields = json!([{"id": "password", "value": password}]);
    let body = json!({"method": "token", "token": token, "formFields": fields});
    send(app.post(RESET).json(&body)).await.body
}

async fn sign_in(app: &TestApp, password: &str) -> Answer {
    let form = credentials("ada@example.com", password);
    send(app.post("/auth/signin").json(&form)).await
}

async fn refresh(app: &TestApp, user: &User<'_>) -> Answer {
    send(app.post("/auth/session/refresh").bearer_auth(&user.refresh_token)).await
}

#[tokio::test]
async fn the_link_leads_to_the_page_in_the_form_of_the_official_sdk() {
    let vars = [
        ("API_DOMAIN", "https://api.example.com"),
        ("WEBSITE_DOMAIN", "https://todos.example.com"),
    ];
    let app = TestApp::start_with(&vars, clock::Clock::system()).await;
    app.user("ada").await;
    ask(&app, "ada@example.com").await;
    let mail = mail::next(&app, &mut 0).await;
    assert_eq!((&*mail.recipient, &*mail.subject), ("ada@example.com", "Choose a new password"));
    let expected = format!(
        "https://todos.example.com/auth/reset-password?token={}&tenantId=public",
        mail.token()
    );
    assert_eq!(mail.link().as_str(), expected);
    assert!(mail.html.contains(&expected.replace('&', "&amp;")), "{}", mail.html);
}

#[tokio::test]
async fn a_new_password_ends_the_old_one_and_every_session_of_its_user() {
    let app = TestApp::start().await;
    let (ada, grace) = (app.user("ada").await, app.user("grace").await);
    let laptop = sign_in(&app, "secret123").await;
    let mut read = 0;
    send(app.post("/auth/user/email/verify/token").bearer_auth(&ada.access_token)).await;
    let verification = mail::next(&app, &mut read).await.token();
    let token = token(&app, &mut read).await;
    assert_eq!(reset(&app, &token, "newsecret1").await, json!({"status": "OK"}));

    assert_eq!(sign_in(&app, "secret123").await.body["status"], "WRONG_CREDENTIALS_ERROR");
    let signed_in = sign_in(&app, "newsecret1").await;
    assert_eq!(signed_in.body["user"]["loginMethods"][0]["verified"], true, "the mail was read");
    let body = json!({"method": "token", "token": verification});
    let late = send(app.post("/auth/user/email/verify").json(&body)).await;
    assert_eq!(late.body["status"], "EMAIL_VERIFICATION_INVALID_TOKEN_ERROR");
    assert_refused(&refresh(&app, &ada).await, 401, UNAUTHORISED);
    let laptop = app.post("/auth/session/refresh").bearer_auth(laptop.header("st-refresh-token"));
    assert_refused(&send(laptop).await, 401, UNAUTHORISED);
    assert_eq!(refresh(&app, &grace).await.status, 200, "others go on");
}

#[tokio::test]
async fn a_link_works_once_and_ends_those_sent_before_it() {
    let app = TestApp::start().await;
    app.user("ada").await;
    let mut read = 0;
    let first = token(&app, &mut read).await;
    let second = token(&app, &mut read).await;
    // A password that is refused does not spend the link.
    assert_eq!(reset(&app, &second, "weak").await["status"], "FIELD_ERROR");
    assert_eq!(reset(&app, &second, "newsecret1").await["status"], "OK");
    for spent in [&second, &first] {
        assert_eq!(reset(&app, spent, "newsecret2").await["status"], INVALID);
    }
    assert_eq!(sign_in(&app, "newsecret1").await.body["status"], "OK");
}

#[tokio::test]
async fn of_many_requests_with_one_link_one_succeeds() {
    let app = TestApp::start().await;
    app.user("ada").await;
    let token = token(&app, &mut 0).await;
    let passwords: Vec<_> = (0..8).map(|number| format!("newsecret{number}")).collect();
    let answers = passwords.iter().map(|password| reset(&app, &token, password));
    let answers = futures_util::future::join_all(answers).await;
    let worked = answers.iter().filter(|answer| answer["status"] == "OK").count();
    assert_eq!(worked, 1, "{answers:?}");
}

#[tokio::test]
async fn a_link_expires_and_is_stored_as_a_hash() {
    let clock = TestClock::at(1_800_000_000 * SECOND);
    let app = TestApp::start_with(&[], clock.clock()).await;
    app.user("ada").await;
    let token = token(&app, &mut 0).await;
    let mut database = app.database.connect().await;
    let stored: (i64, i64) = sqlx::query_as(
        "select count(*), count(*) filter (where strpos(t::text, $1) > 0) \
         from supertokens_core.password_reset_tokens t",
    )
    .bind(&token)
    .fetch_one(&mut database)
    .await
    .expect("the database answers");
    assert_eq!(stored, (1, 0));
    clock.advance(HOUR + 1);
    assert_eq!(reset(&app, &token, "newsecret1").await["status"], INVALID);
}

#[tokio::test]
async fn a_link_ends_with_the_password_or_email_that_it_was_for() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let users = app.state.supertokens.users();
    let mut read = 0;
    let before = token(&app, &mut read).await;
    users.change_password(&ada.id, &"another123".into()).await.expect("the Core answers");
    assert_eq!(reset(&app, &before, "newsecret1").await["status"], INVALID);
    let before = token(&app, &mut read).await;
    users.change_email(&ada.id, "lovelace@example.com").await.expect("the Core answers");
    assert_eq!(reset(&app, &before, "newsecret1").await["status"], INVALID);
    assert_eq!(ask(&app, "ada@example.com").await.body["status"], "OK");
    assert_eq!(mail::all(&app).await.len(), read, "nobody signs in with it any more");
}

#[tokio::test]
async fn nobody_learns_whether_an_email_is_known() {
    let core = TestCore::start().await;
    let core_url = core.url();
    let vars = [("SUPERTOKENS_URI", core_url.as_str())];
    let app = TestApp::start_with(&vars, core.clock.clock()).await;
    app.user("ada").await;
    core.post(
        "/recipe/signinup",
        json!({
            "thirdPartyId": "github",
            "thirdPartyUserId": "1",
            "email": {"id": "grace@example.com", "isVerified": true},
        }),
    )
    .await;
    let attempt = async |email: &str| {
        let answer = ask(&app, email).await;
        let names: Vec<HeaderName> = answer.headers.keys().cloned().collect();
        (answer.status, answer.body, names)
    };
    // Only for a known email a token is made. While none can be made, the answer is the same: nobody waits for it.
    let mut holder = core.database.connect().await;
    let lock = "begin; lock table supertokens_core.password_reset_tokens";
    sqlx::raw_sql(lock).execute(&mut holder).await.expect("the lock");
    let known = attempt("ada@example.com").await;
    assert_eq!(known.1, json!({"status": "OK"}));
    for email in ["nobody@example.com", "grace@example.com"] {
        assert_eq!(attempt(email).await, known, "{email}");
    }
    sqlx::raw_sql("rollback").execute(&mut holder).await.expect("released");
    assert_eq!(attempt("ada@example.com").await, known);
    app.state.supertokens.finish().await;
    for mail in mail::all(&app).await {
        assert_eq!(mail.recipient, "ada@example.com", "who has no password gets no mail");
    }
}

#[tokio::test]
async fn malformed_forms_are_refused() {
    let app = TestApp::start().await;
    let field = |id: &str, value: Value| json!([{"id": id, "value": value}]);
    let password = field("password", "newsecret1".into());
    for (path, body, message) in [
        (SEND_LINK, json!({}), "Missing input param: formFields"),
        (
            SEND_LINK,
            json!({"formFields": field("email", 5.into())}),
            "email value must be a string",
        ),
        (SEND_LINK, json!({"formFields": password}), "Are you sending too many formFields?"),
        (RESET, json!({"token": "x"}), "Missing input param: formFields"),
        (RESET, json!({"formFields": password}), "Please provide the password reset token"),
        (
            RESET,
            json!({"formFields": password, "token": ["x"]}),
            "The password reset token must be a string",
        ),
    ] {
        assert_refused(&send(app.post(path).json(&body)).await, 400, message);
    }
    for (email, error) in [("nope", "Email is invalid"), ("", "Field is not optional")] {
        let answer = ask(&app, email).await;
        let fields = json!([{"id": "email", "error": error}]);
        assert_eq!(answer.body, json!({"status": "FIELD_ERROR", "formFields": fields}));
    }
    for token in ["", "bad", "\u{0}", &"x".repeat(10_000)] {
        assert_eq!(reset(&app, token, "newsecret1").await["status"], INVALID, "{token}");
    }
}
