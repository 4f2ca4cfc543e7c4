//! How often one may try: at an account, from an address, and how many mails an email gets.

use std::collections::BTreeSet;

use clock::Clock;
use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{WHO, operation, send};
use crate::support::{
    app::{Answer, TestApp, credentials},
    core::TestCore,
    mail,
    recorder::Recorder,
};

const ATTACKER: &str = "198.51.100.66";
const OWNER: &str = "203.0.113.7";

/// A service behind a proxy, which names the client.
async fn behind_proxy(vars: &[(&str, &str)]) -> TestApp {
    let mut all = vec![("TRUSTED_PROXIES", "127.0.0.0/8")];
    all.extend(vars);
    TestApp::start_with(&all, Clock::system()).await
}

async fn sign_in(app: &TestApp, address: &str, email: &str, password: &str) -> Answer {
    let request = app.post("/auth/signin").header("x-forwarded-for", address);
    send(request.json(&credentials(email, password))).await
}

#[track_caller]
fn assert_too_many(answer: &Answer, least: u64, most: u64) {
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{:?}", answer.body);
    let retry_after: u64 = answer.header("retry-after").parse().expect("seconds");
    assert!((least..=most).contains(&retry_after), "{retry_after}");
    assert!(answer.message().starts_with("Too many attempts. Try again in "), "{answer:?}");
    assert_eq!(answer.header("access-control-expose-headers"), "retry-after");
    assert_eq!(answer.headers.get("set-cookie"), None);
}

/// The prebuilt user interfaces show the message of a 200, and of no other status.
#[tokio::test]
async fn official_user_interfaces_get_a_text_that_they_show() {
    let app = behind_proxy(&[("RATE_LIMIT_ACCOUNT", "1/5m"), ("RATE_LIMIT_MAIL", "1/1h")]).await;
    let ada = app.user("ada").await;
    let form = json!({"formFields": [{"id": "email", "value": "ada@example.com"}]});
    let wrong = credentials("ada@example.com", "wrong1234");
    for (path, body) in [
        ("/auth/signin", &wrong),
        ("/auth/user/password/reset/token", &form),
        ("/auth/user/email/verify/token", &json!({})),
    ] {
        let request = || {
            let request = app.post(path).header("x-forwarded-for", OWNER);
            request.bearer_auth(&ada.access_token).json(body)
        };
        let first = send(request()).await;
        assert_eq!(first.status, 200, "{path}: {first:?}");
        let shown = send(request().header("fdi-version", "1.17,1.18,4.0")).await;
        assert_eq!((shown.status.as_u16(), &shown.body["status"]), (200, &json!("GENERAL_ERROR")));
        assert!(shown.message().starts_with("Too many attempts. Try again in "), "{shown:?}");
        assert!(shown.header("retry-after").parse::<u64>().is_ok());
        assert_too_many(&send(request()).await, 1, 3600);
    }
}

#[tokio::test]
async fn who_guesses_a_password_is_stopped_and_locks_nobody_else_out() {
    let app = behind_proxy(&[("RATE_LIMIT_ACCOUNT", "3/5m")]).await;
    app.user("ada").await;
    app.user("grace").await;
    for _ in 0..3 {
        let answer = sign_in(&app, ATTACKER, "ada@example.com", "wrong1234").await;
        assert_eq!(answer.body, json!({"status": "WRONG_CREDENTIALS_ERROR"}));
    }
    for email in
        ["ada@example.com", " ADA@example.COM", "\u{1}ada@example.com", "ada@example.com\u{7f}"]
    {
        // Also with the right one: a refusal tells nothing.
        for password in ["wrong1234", "secret123"] {
            assert_too_many(&sign_in(&app, ATTACKER, email, password).await, 90, 100);
        }
    }
    let grace = sign_in(&app, ATTACKER, "grace@example.com", "secret123").await;
    assert_eq!(grace.body["status"], "OK", "somebody else at that address");
    let ada = sign_in(&app, OWNER, "ada@example.com", "secret123").await;
    assert_eq!(ada.body["status"], "OK", "the owner of that account, elsewhere");
}

#[tokio::test]
async fn an_unknown_email_is_stopped_like_a_known_one() {
    let app = behind_proxy(&[("RATE_LIMIT_ACCOUNT", "2/1h")]).await;
    app.user("ada").await;
    let tries = async |email: &str| {
        let mut answers = Vec::new();
        for _ in 0..4 {
            let answer = sign_in(&app, ATTACKER, email, "wrong1234").await;
            let names: BTreeSet<_> = answer.headers.keys().map(ToString::to_string).collect();
            answers.push((answer.status, answer.body, names));
        }
        answers
    };
    let (known, unknown) = (tries("ada@example.com").await, tries("nobody@example.com").await);
    assert_eq!(known, unknown);
    assert_eq!(known[3].0, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn many_addresses_together_are_stopped_at_one_account() {
    let app = behind_proxy(&[("RATE_LIMIT_ACCOUNT_TOTAL", "5/1h")]).await;
    app.user("ada").await;
    for last in 1..=5 {
        let address = format!("198.51.100.{last}");
        let answer = sign_in(&app, &address, "ada@example.com", "wrong1234").await;
        assert_eq!(answer.status, StatusCode::OK);
    }
    let answer = sign_in(&app, "198.51.100.6", "ada@example.com", "wrong1234").await;
    assert_too_many(&answer, 700, 720);
}

#[tokio::test]
async fn an_address_is_stopped_in_all_that_signs_in_and_in_nothing_else() {
    let app = behind_proxy(&[("RATE_LIMIT_ADDRESS", "8/1h")]).await;
    let ada = app.user("ada").await;
    let ask = async |method: &Method, path: &str| {
        let request = app.request(method.clone(), path).header("x-forwarded-for", ATTACKER);
        let form = json!({"formFields": [
            {"id": "email", "value": "ada@example.com"}, {"id": "password", "value": "wrong1234"}]});
        let request = match path {
            "/auth/user/password/reset/token" => {
                request.json(&json!({"formFields": [{"id": "email", "value": "ada@example.com"}]}))
            }
            "/auth/user/password/reset" => request.json(&json!({"method": "token", "token": "x",
                "formFields": [{"id": "password", "value": "secret1234"}]})),
            "/auth/user/email/verify" => request.json(&json!({"method": "token", "token": "x"})),
            "/auth/user/email/verify/token" => request.bearer_auth(&ada.access_token),
            _ if method == Method::POST => request.json(&form),
            _ => request,
        };
        send(request).await
    };
    let limited = [
        (Method::POST, "/auth/signin"),
        (Method::POST, "/auth/public/signin"),
        (Method::POST, "/auth/signup"),
        (Method::GET, "/auth/emailpassword/email/exists?email=ada@example.com"),
        (Method::GET, "/auth/signup/email/exists?email=ada@example.com"),
        (Method::POST, "/auth/user/password/reset/token"),
        (Method::POST, "/auth/user/password/reset"),
        (Method::POST, "/auth/user/email/verify"),
    ];
    for (method, path) in &limited {
        assert_eq!(ask(method, path).await.status, StatusCode::OK, "{path}");
    }
    let verification = (Method::POST, "/auth/user/email/verify/token");
    for (method, path) in limited.iter().chain([&verification]) {
        let answer = ask(method, path).await;
        assert_too_many(&answer, 440, 450);
    }
    for _ in 0..20 {
        let request = app.post("/graphql").header("x-forwarded-for", ATTACKER);
        let answer = send(request.bearer_auth(&ada.access_token).json(&operation(WHO))).await;
        assert_eq!(answer.status, StatusCode::OK);
    }
    let answer = send(
        app.post("/auth/session/refresh")
            .header("x-forwarded-for", ATTACKER)
            .bearer_auth(&ada.refresh_token),
    )
    .await;
    assert_eq!(answer.status, StatusCode::OK, "who is signed in stays so");
    let elsewhere = sign_in(&app, OWNER, "ada@example.com", "secret123").await;
    assert_eq!(elsewhere.status, StatusCode::OK);
}

#[tokio::test]
async fn who_guesses_an_administrators_password_is_stopped() {
    let app = behind_proxy(&[("RATE_LIMIT_ACCOUNT", "3/5m")]).await;
    let ask = async |email: &str| {
        let request = app.post("/auth/dashboard/api/signin").header("x-forwarded-for", ATTACKER);
        send(request.json(&json!({"email": email, "password": "wrong1234"}))).await
    };
    for _ in 0..3 {
        let answer = ask("boss@example.com").await;
        assert_eq!(answer.body, json!({"status": "INVALID_CREDENTIALS_ERROR"}));
    }
    assert_too_many(&ask(" BOSS@example.com").await, 90, 100);
    assert_too_many(&ask("\u{1}boss@example.com").await, 90, 100);
    assert_eq!(ask("other@example.com").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_stranger_cannot_name_another_address_than_its_own() {
    for proxies in ["", "203.0.113.0/24"] {
        let vars = [("RATE_LIMIT_ADDRESS", "2/1h"), ("TRUSTED_PROXIES", proxies)];
        let app = TestApp::start_with(&vars, Clock::system()).await;
        let mut statuses = Vec::new();
        for last in 1..=3 {
            let address = format!("198.51.100.{last}");
            let answer = sign_in(&app, &address, "ada@example.com", "wrong1234").await;
            statuses.push(answer.status.as_u16());
        }
        assert_eq!(statuses, [200, 200, 429], "{proxies}");
    }
}

#[tokio::test]
async fn an_email_gets_so_many_mails_known_or_not() {
    let app = behind_proxy(&[("RATE_LIMIT_MAIL", "2/1h")]).await;
    app.user("ada").await;
    let ask = async |address: &str, email: &str| {
        let form = json!({"formFields": [{"id": "email", "value": email}]});
        let request = app.post("/auth/user/password/reset/token");
        send(request.header("x-forwarded-for", address).json(&form)).await
    };
    let mut read = 0;
    for email in ["ada@example.com", "nobody@example.com"] {
        for last in 1..=2 {
            let answer = ask(&format!("198.51.100.{last}"), email).await;
            assert_eq!(answer.body, json!({"status": "OK"}));
            if email.starts_with("ada") {
                mail::next(&app, &mut read).await;
            }
        }
        assert_too_many(&ask("198.51.100.3", email).await, 1790, 1800);
    }
    assert_eq!(mail::all(&app).await.len(), 2);
}

#[tokio::test]
async fn a_limit_that_is_none_is_told_at_start() {
    for (name, value) in [
        ("RATE_LIMIT_ADDRESS", "60"),
        ("RATE_LIMIT_ACCOUNT", "10/5"),
        ("RATE_LIMIT_ACCOUNT_TOTAL", "0/1h"),
        ("RATE_LIMIT_MAIL", "5/1d"),
        ("TRUSTED_PROXIES", "10.0.0.0/33"),
        ("TRUSTED_PROXIES", "proxy.example.com"),
    ] {
        let error = api::config::Config::from_vars(|asked| match asked {
            "DATABASE_URL" | "DATABASE_AUTHENTICATED_URL" => Some("postgres://db/todos".into()),
            _ => (asked == name).then(|| value.to_owned()),
        })
        .expect_err("refused")
        .to_string();
        assert!(error.starts_with(&format!("{name} is `{value}`. It should be: ")), "{error}");
    }
}

/// How many requests of one path the Core got.
fn calls(recorder: &Recorder, path: &str) -> usize {
    recorder.take().iter().filter(|sent| sent.path.ends_with(path)).count()
}

#[tokio::test]
async fn flood_of_made_up_tokens_reaches_the_core_few_times() {
    let core = TestCore::start().await;
    let recorder = Recorder::before(&core.url()).await;
    let uri = recorder.url.as_str();
    let app = behind_proxy(&[
        ("RATE_LIMIT_ADDRESS", "5/1h"),
        ("SUPERTOKENS_URI", uri),
        ("DASHBOARD", "on"),
    ])
    .await;
    let ada = app.user("ada").await;
    for (path, call) in [
        ("/auth/session/refresh", "/session/refresh"),
        ("/auth/dashboard/api/users?limit=1", "/dashboard/session/verify"),
        ("/auth/dashboard/api/signout", "/dashboard/session/verify"),
        ("/auth/dashboard/api/key/validate", "/dashboard/session/verify"),
    ] {
        recorder.take();
        let attacker = format!("198.51.100.{}", path.len());
        let method = if path.contains("users") { Method::GET } else { Method::POST };
        let flood = join_all((0..40).map(|number| {
            let made_up = match call {
                "/session/refresh" => format!("{}{number}.V2", "A".repeat(300)),
                _ => format!("0f0f0f0f-0f0f-4f0f-8f0f-{number:012}"),
            };
            let request = app.request(method.clone(), path).header("x-forwarded-for", &attacker);
            send(request.bearer_auth(made_up))
        }))
        .await;
        let refused = flood.iter().filter(|answer| answer.status == StatusCode::UNAUTHORIZED);
        assert_eq!(refused.count(), 5, "{path}");
        for answer in flood.iter().filter(|answer| answer.status != StatusCode::UNAUTHORIZED) {
            assert_too_many(answer, 700, 720);
        }
        assert_eq!(calls(&recorder, call), 5, "{path}");
        let signed_in = sign_in(&app, &attacker, "ada@example.com", "secret123").await;
        assert_eq!(signed_in.body["status"], "OK", "sign-in has a limit of its own");
    }
    // Tokens that exist are not counted, however many people are behind one address.
    let mut token = ada.refresh_token.clone();
    for _ in 0..20 {
        let request = app.post("/auth/session/refresh").header("x-forwarded-for", OWNER);
        let answer = send(request.bearer_auth(&token)).await;
        assert_eq!(answer.status, StatusCode::OK);
        token = answer.header("st-refresh-token").to_owned();
    }
}
