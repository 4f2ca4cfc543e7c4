//! Signing in: which passwords fit, and what a stranger learns from a refusal.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::json;

use super::send;
use crate::support::app::{Answer, TestApp, credentials};

#[tokio::test]
async fn sign_in_does_not_tell_unknown_emails_from_wrong_passwords() {
    const TRIES: usize = 7;
    let app = TestApp::start().await;
    app.user("ada").await;
    let attempt = async |email: &str| {
        let started = Instant::now();
        let form = credentials(email, "wrong1234");
        let answer = send(app.post("/auth/signin").json(&form)).await;
        let took = started.elapsed();
        let names: Vec<_> = answer.headers.keys().cloned().collect();
        ((answer.status, answer.body, names), took)
    };
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for _ in 0..TRIES {
        let (wrong, took) = attempt("ada@example.com").await;
        known.push(took);
        let (nobody, took) = attempt("nobody@example.com").await;
        unknown.push(took);
        assert_eq!(wrong, nobody);
        assert_eq!(wrong.1, json!({"status": "WRONG_CREDENTIALS_ERROR"}));
    }
    let (known, unknown) = (median(known), median(unknown));
    assert!(
        unknown > known / 3 && known > unknown / 3,
        "a wrong password took {known:?}, an unknown email {unknown:?}"
    );
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
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
