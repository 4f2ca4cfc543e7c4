//! Tokens in headers and in cookies of one request, and bearers of somebody else beside ours.

use cookie::Cookie;
use jsonwebtoken::{EncodingKey, Header};
use serde_json::json;

use super::{
    UNAUTHORISED, WHO, assert_refused,
    browser::{Browser, set_cookies},
    operation, send,
};
use crate::support::{
    app::{Answer, TestApp, credentials},
    core::TestCore,
    recorder::Recorder,
};

/// Bearers that proxies and error trackers add.
fn foreign_bearers() -> Vec<String> {
    let claims =
        json!({"iss": "https://accounts.example", "sub": "proxy", "exp": 9_999_999_999_u64});
    let jwt = jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(b"x"));
    let words = ["garbage", "dXNlcjpwYXNzd29yZA==", "a.b.c", "", "undefined", "sntrys_eyJpYXQ.x"];
    let mut bearers: Vec<_> = words.map(str::to_owned).to_vec();
    bearers.push(jwt.expect("a token"));
    bearers.push("0123456789abcdef".repeat(400));
    bearers
}

fn cleared(answer: &Answer) -> Vec<String> {
    let cookies = set_cookies(answer);
    let empty = cookies.iter().filter(|cookie: &&Cookie<'_>| cookie.value().is_empty());
    empty.map(|cookie| cookie.name().to_owned()).collect()
}

#[tokio::test]
async fn sign_in_by_header_clears_the_cookies() {
    let app = TestApp::start().await;
    let browser = Browser::sign_up(&app, "ada").await;
    app.user("grace").await;
    let form = credentials("grace@example.com", "secret123");
    let request = browser.post("/auth/signin").header("st-auth-mode", "header").json(&form);
    let answer = send(request).await;
    assert_eq!(answer.body["status"], "OK");
    assert_eq!(cleared(&answer), ["sAccessToken", "sRefreshToken"]);
    assert!(!answer.header("st-access-token").is_empty());
    assert_ne!(answer.header("front-token"), "remove");
    let failed = browser.post("/auth/signin").header("st-auth-mode", "header");
    let failed = send(failed.json(&credentials("grace@example.com", "wrong1234"))).await;
    assert!(set_cookies(&failed).is_empty(), "nobody signed in");
    let clean = app.post("/auth/signin").header("st-auth-mode", "header").json(&form);
    assert!(set_cookies(&send(clean).await).is_empty());
}

#[tokio::test]
async fn sign_in_by_cookie_clears_the_headers() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let form = credentials("ada@example.com", "secret123");
    for bearer in [ada.access_token.as_str(), "garbage"] {
        let request = app.post("/auth/signin").header("st-auth-mode", "cookie");
        let answer = send(request.bearer_auth(bearer).json(&form)).await;
        assert_eq!(answer.header("st-access-token"), "");
        assert_eq!(answer.header("st-refresh-token"), "");
        assert_ne!(answer.header("front-token"), "remove");
        assert_eq!(set_cookies(&answer).len(), 2);
        assert_eq!(cleared(&answer), [""; 0]);
    }
}

#[tokio::test]
async fn refresh_by_header_clears_the_cookies() {
    let app = TestApp::start().await;
    let browser = Browser::sign_up(&app, "ada").await;
    let grace = app.user("grace").await;
    let answer =
        send(browser.post("/auth/session/refresh").bearer_auth(&grace.refresh_token)).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.header("st-access-token").is_empty());
    assert_eq!(cleared(&answer), ["sAccessToken", "sRefreshToken"]);
}

#[tokio::test]
async fn foreign_bearer_beside_cookies_is_ignored() {
    let app = TestApp::start().await;
    let mut browser = Browser::sign_up(&app, "ada").await;
    for bearer in foreign_bearers() {
        let who = browser.post("/graphql").header("rid", "session").bearer_auth(&bearer);
        let answer = send(who.json(&operation(WHO))).await;
        assert_eq!(answer.status, 200, "{bearer}: {answer:?}");
        assert_eq!(cleared(&answer), [""; 0], "{bearer}");

        let refresh = browser.post("/auth/session/refresh").header("rid", "session");
        let answer = send(refresh.bearer_auth(&bearer)).await;
        assert_eq!(answer.status, 200, "{bearer}: {answer:?}");
        assert_eq!(cleared(&answer), [""; 0], "{bearer}");
        browser.keep(&answer);
    }
    // The proof against CSRF is still required.
    let refresh = browser.post("/auth/session/refresh").bearer_auth("garbage");
    assert_refused(&send(refresh).await, 401, UNAUTHORISED);
    let out = browser.post("/auth/signout").header("rid", "session").bearer_auth("garbage");
    assert_eq!(cleared(&send(out).await), ["sAccessToken", "sRefreshToken"]);
    assert_refused(&browser.refresh().await, 401, UNAUTHORISED);
}

#[tokio::test]
async fn texts_without_the_form_of_a_refresh_token_do_not_reach_the_core() {
    let core = TestCore::start().await;
    let recorder = Recorder::before(&core.url()).await;
    let vars = [("SUPERTOKENS_URI", recorder.url.as_str())];
    let app = TestApp::start_with(&vars, core.clock.clock()).await;
    let ada = app.user("ada").await;
    let refresh = || app.post("/auth/session/refresh").header("rid", "session");
    for bearer in foreign_bearers().into_iter().chain([ada.access_token.clone()]) {
        for request in [
            refresh().bearer_auth(&bearer),
            refresh().header("cookie", format!("sRefreshToken={bearer}")),
        ] {
            let answer = send(request).await;
            assert_refused(&answer, 401, UNAUTHORISED);
            assert_eq!(answer.header("front-token"), "remove");
        }
    }
    let refreshes = |sent: Vec<_>| {
        let paths = sent.into_iter().map(|sent: crate::support::recorder::Sent| sent.path);
        paths.filter(|path| path.ends_with("/session/refresh")).count()
    };
    assert_eq!(refreshes(recorder.take()), 0);
    assert_eq!(send(refresh().bearer_auth(&ada.refresh_token)).await.status, 200);
    assert_eq!(refreshes(recorder.take()), 1);
}
