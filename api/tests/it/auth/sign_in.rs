//! Signing in: which passwords fit, and what a stranger learns from a refusal.

use reqwest::StatusCode;
use serde_json::json;

use super::send;
use crate::support::{
    app::{Answer, TestApp, credentials},
    core::TestCore,
};

#[tokio::test]
async fn sign_in_does_not_tell_unknown_emails_from_wrong_passwords() {
    let core = TestCore::start().await;
    let core_url = core.url();
    let vars = [("SUPERTOKENS_URI", core_url.as_str())];
    let app = TestApp::start_with(&vars, core.clock.clock()).await;
    app.user("ada").await;
    let attempt = async |email: &str| {
        let before = core.password_hashes();
        let form = credentials(email, "wrong1234");
        let answer = send(app.post("/auth/signin").json(&form)).await;
        let names: Vec<_> = answer.headers.keys().cloned().collect();
        // A hash takes so long that whatever else differs is not seen behind it.
        (answer.status, answer.body, names, core.password_hashes() - before)
    };
    let wrong = attempt("ada@example.com").await;
    assert_eq!(wrong, attempt("nobody@example.com").await);
    assert_eq!(wrong.1, json!({"status": "WRONG_CREDENTIALS_ERROR"}));
    assert_eq!(wrong.3, 1, "hashes of a password");
}

#[tokio::test]
async fn passwords_are_taken_as_they_are() {
    let app = TestApp::start().await;
    for (number, password) in [
        "pässwörd1",
        "пароль-a1",
        "a1🔑🔑🔑🔑🔑🔑",
        " secret123 ",
        "secret1\0x",
        "sec\u{301}ret1234",
    ]
    .into_iter()
    .enumerate()
    {
        let email = format!("user-{number}@example.com");
        let ask =
            |path: &str, password: &str| send(app.post(path).json(&credentials(&email, password)));
        let status = |answer: Answer| answer.body["status"].clone();
        assert_eq!(status(ask("/auth/signup", password).await), "OK");
        assert_eq!(status(ask("/auth/signin", password).await), "OK");
        let longer = format!("{password}x");
        let shorter: String = password.chars().skip(1).collect();
        let composed = password.replace("c\u{301}", "\u{107}");
        for other in [&longer, &shorter, &composed, password.trim()] {
            if other != password {
                let answer = ask("/auth/signin", other).await;
                assert_eq!(status(answer), "WRONG_CREDENTIALS_ERROR", "{other:?}");
            }
        }
    }
}

#[tokio::test]
async fn clients_may_name_the_one_tenant() {
    let app = TestApp::start().await;
    let form = credentials("ada@example.com", "secret123");
    let answer = send(app.post("/auth/public/signup").json(&form)).await;
    assert_eq!(answer.body["status"], "OK", "{answer:?}");
    let other = send(app.post("/auth/tenant2/signin").json(&form)).await;
    assert_eq!(other.status, StatusCode::NOT_FOUND, "{other:?}");
}

/// `sign in with fdi-version …` of `fdi-sessions-54.jsonl`.
#[tokio::test]
async fn older_clients_get_the_user_of_their_fdi_version() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for (version, is_old) in [
        ("1.17", true),
        ("1.19", false),
        ("2.0", true),
        ("3.0", false),
        ("4.1", false),
        ("2.0,3.0,4.2", false),
    ] {
        let request = app.post("/auth/signin").header("fdi-version", version);
        let answer = send(request.json(&credentials("ada@example.com", "secret123"))).await;
        let user = &answer.body["user"];
        assert_eq!(user["id"], ada.id, "{answer:?}");
        let mut names: Vec<_> = user.as_object().expect("an object").keys().collect();
        names.sort();
        assert_eq!(names == ["email", "id", "timeJoined"], is_old, "{version}: {user}");
    }
}
