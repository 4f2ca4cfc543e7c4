//! A session's life: signing in, refreshing, theft, signing out.

use std::{collections::HashSet, time::Duration};

use axum::{Router, body::Body, http::Request};
use clock::Clock;
use futures_util::{StreamExt as _, future::join_all, stream};
use reqwest::{Method, StatusCode, header::HeaderValue};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use supertokens::session::NewSession;
use tokio::time::{Instant, sleep};
use tower::ServiceExt as _;

use super::{
    TRY_REFRESH_TOKEN, UNAUTHORISED, WHO, assert_refused,
    browser::{Browser, set_cookies},
    operation, payload, send,
};
use crate::support::{
    app::{Answer, TestApp, credentials},
    core::TestClock,
};

const THEFT: &str = "token theft detected";
const SECOND: i64 = 1000;
const HOUR: i64 = 3600 * SECOND;
const DAY: i64 = 24 * HOUR;
/// For what must happen, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(5);

/// Tokens of an app that keeps them itself.
struct Tokens {
    access: String,
    refresh: String,
}

impl Tokens {
    fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        Self {
            access: answer.header("st-access-token").to_owned(),
            refresh: answer.header("st-refresh-token").to_owned(),
        }
    }
}

async fn sign_up(app: &TestApp) -> Tokens {
    let user = app.user("ada").await;
    Tokens { access: user.access_token, refresh: user.refresh_token }
}

async fn refresh(app: &TestApp, tokens: &Tokens) -> Answer {
    let request = app.post("/auth/session/refresh");
    send(request.bearer_auth(&tokens.refresh)).await
}

async fn who(app: &TestApp, access: &str) -> Answer {
    let request = app.post("/graphql").bearer_auth(access);
    send(request.json(&operation(WHO))).await
}

/// Every token is taken back, wherever the client keeps it.
#[track_caller]
fn assert_cleared(answer: &Answer) {
    assert_eq!(answer.header("front-token"), "remove");
    assert_eq!(answer.header("st-access-token"), "");
    assert_eq!(answer.header("st-refresh-token"), "");
    let cookies = set_cookies(answer);
    assert_eq!(cookies.len(), 2);
    for cookie in cookies {
        let expires = cookie.expires_datetime().expect("an end");
        assert_eq!((cookie.value(), expires.unix_timestamp()), ("", 0));
    }
}

#[tokio::test]
async fn sign_out_ends_the_session_at_once() {
    let app = TestApp::start().await;
    let tokens = sign_up(&app).await;
    let out = send(app.post("/auth/signout").bearer_auth(&tokens.access)).await;
    assert_eq!((out.status.as_u16(), out.body), (200, json!({"status": "OK"})));
    let refused = refresh(&app, &tokens).await;
    assert_refused(&refused, 401, UNAUTHORISED);
    assert_cleared(&refused);
}

#[tokio::test]
async fn sign_out_ends_one_session_of_several() {
    let app = TestApp::start().await;
    let phone = sign_up(&app).await;
    let form = credentials("ada@example.com", "secret123");
    let laptop = Tokens::of(&send(app.post("/auth/signin").json(&form)).await);
    send(app.post("/auth/signout").bearer_auth(&laptop.access)).await;
    assert_eq!(refresh(&app, &phone).await.status, 200);
}

#[tokio::test]
async fn sign_out_of_a_browser_clears_its_cookies() {
    let app = TestApp::start().await;
    let mut browser = Browser::sign_up(&app, "ada").await;
    let out = send(browser.post("/auth/signout").header("rid", "session")).await;
    assert_eq!(out.status, 200);
    assert_eq!(out.header("front-token"), "remove");
    let before = browser.refresh.clone();
    browser.keep(&out);
    assert_eq!((&*browser.access, &*browser.refresh), ("", ""));
    browser.refresh = before;
    assert_refused(&browser.refresh().await, 401, UNAUTHORISED);
}

#[tokio::test]
async fn a_refresh_replaces_both_tokens_and_keeps_the_session() {
    let app = TestApp::start().await;
    let first = sign_up(&app).await;
    let second = Tokens::of(&refresh(&app, &first).await);
    assert_ne!(first.refresh, second.refresh);
    let (before, after) = (payload(&first.access), payload(&second.access));
    for claim in ["sub", "sessionHandle", "iss", "st-role"] {
        assert_eq!(before[claim], after[claim], "{claim}");
    }
    assert_eq!(after["parentRefreshTokenHash1"], before["refreshTokenHash1"]);
    Tokens::of(&refresh(&app, &second).await);
}

#[tokio::test]
async fn a_spent_refresh_token_ends_the_session() {
    let app = TestApp::start().await;
    for child_is_used_by in ["an operation", "a refresh"] {
        let parent = Tokens::of(
            &send(app.post("/auth/signup").json(&credentials(
                &format!("{}@example.com", child_is_used_by.replace(' ', "-")),
                "secret123",
            )))
            .await,
        );
        let mut child = Tokens::of(&refresh(&app, &parent).await);
        if child_is_used_by == "an operation" {
            assert_eq!(who(&app, &child.access).await.status, 200);
        } else {
            child = Tokens::of(&refresh(&app, &child).await);
        }
        let stolen = refresh(&app, &parent).await;
        assert_refused(&stolen, 401, THEFT);
        assert_cleared(&stolen);
        let ended = refresh(&app, &child).await;
        assert_refused(&ended, 401, UNAUTHORISED);
        assert_cleared(&ended);
    }
}

#[tokio::test]
async fn theft_in_a_browser_ends_the_session_too() {
    let app = TestApp::start().await;
    let mut browser = Browser::sign_up(&app, "ada").await;
    let parent = browser.refresh.clone();
    browser.keep(&browser.refresh().await);
    browser.keep(&browser.run(WHO).await);
    let child = std::mem::replace(&mut browser.refresh, parent);
    let stolen = browser.refresh().await;
    assert_refused(&stolen, 401, THEFT);
    assert_cleared(&stolen);
    browser.refresh = child;
    assert_refused(&browser.refresh().await, 401, UNAUTHORISED);
}

#[tokio::test]
async fn two_tabs_that_refresh_at_once_both_go_on() {
    let app = TestApp::start().await;
    let mut browser = Browser::sign_up(&app, "ada").await;
    let tabs = join_all([browser.refresh(), browser.refresh()]).await;
    for tab in &tabs {
        assert_eq!(tab.status, 200, "{:?}", tab.body);
    }
    for tab in &tabs {
        browser.keep(tab);
        assert_eq!(browser.run(WHO).await.status, 200);
    }
}

#[tokio::test]
async fn first_use_of_a_refreshed_token_hands_out_its_replacement() {
    let app = TestApp::start().await;
    let parent = sign_up(&app).await;
    let child = Tokens::of(&refresh(&app, &parent).await);
    let used = who(&app, &child.access).await;
    assert_eq!(used.status, 200);
    let replacement = used.header("st-access-token").to_owned();
    assert_eq!(payload(&replacement)["parentRefreshTokenHash1"], Value::Null);
    assert_eq!(used.header("access-control-expose-headers"), "front-token, st-access-token");
    assert!(!used.headers.contains_key("set-cookie"));

    let used = who(&app, &replacement).await;
    assert_eq!(used.status, 200);
    assert!(!used.headers.contains_key("st-access-token"));
}

#[tokio::test]
async fn a_browser_gets_the_replacement_as_a_cookie() {
    let app = TestApp::start().await;
    let mut browser = Browser::sign_up(&app, "ada").await;
    browser.keep(&browser.refresh().await);
    // Even where the operation fails: the Core has heard of the use by then.
    let used = browser.run("{ nonsense }").await;
    let cookies = set_cookies(&used);
    assert_eq!(cookies.len(), 1);
    assert_eq!(cookies[0].name(), "sAccessToken");
    assert!(!used.headers.contains_key("st-access-token"));
    browser.keep(&used);
    assert_eq!(payload(&browser.access)["parentRefreshTokenHash1"], Value::Null);
    assert!(set_cookies(&browser.run(WHO).await).is_empty());
}

#[tokio::test]
async fn many_requests_at_once_with_a_refreshed_token_all_succeed() {
    // A quarter of them may be one user's.
    let app = TestApp::start_with(&[("MAX_REQUESTS", "400")], Clock::system()).await;
    let parent = sign_up(&app).await;
    let child = Tokens::of(&refresh(&app, &parent).await);
    for answer in join_all((0..50).map(|_| who(&app, &child.access))).await {
        assert_eq!(answer.status, 200, "{:?}", answer.body);
    }
    assert_eq!(refresh(&app, &child).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_sessions_that_refresh_at_once_all_go_on() {
    const SESSIONS: usize = 1_000;
    let app = TestApp::start_with(&[("REQUEST_TIMEOUT", "300")], Clock::system()).await;
    let ada = app.user("ada").await;
    let core = app.state.supertokens.core();
    let session = || NewSession {
        user_id: &ada.id,
        access_token_payload: json!({"iss": format!("{}/auth", app.url)}),
        session_data: json!({}),
        enable_anti_csrf: false,
    };
    let sessions = stream::iter(0..SESSIONS).map(|_| core.create_session(session()));
    // As many at once as make the development Core open all its connections: sqlx gives way to other
    // tasks 800 times while it signs in, which takes seconds beside a thousand of them.
    let sessions: Vec<_> = sessions.buffered(16).collect().await;
    // Without sockets, of which a process has some thousand.
    let refreshes = sessions.into_iter().map(|tokens| {
        let tokens = tokens.expect("the Core answers");
        let bearer = format!("Bearer {}", tokens.refresh_token.token.expose_secret());
        tokio::spawn(refreshed_in_the_end(app.router.clone(), bearer))
    });
    let tokens = join_all(refreshes).await.into_iter().map(|token| token.expect("no panic"));
    assert_eq!(tokens.collect::<HashSet<_>>().len(), SESSIONS);
}

/// Refreshes a session as clients do: with the same token again for as long as the service asks to come back. On a busy
/// machine some of many requests wait longer for the Core than the service lets them. Returns the new refresh token.
async fn refreshed_in_the_end(router: Router, bearer: String) -> HeaderValue {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let request = Request::post("/auth/session/refresh").header("authorization", &bearer);
        let request = request.body(Body::empty()).expect("a request");
        let answer = router.clone().oneshot(request).await.expect("an answer");
        if answer.status() == StatusCode::OK {
            return answer.headers()["st-refresh-token"].clone();
        }
        // Nothing else may happen to a session.
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(Instant::now() < deadline, "this session does not go on");
        let seconds = answer.headers()["retry-after"].to_str().expect("text").parse();
        sleep(Duration::from_secs(seconds.expect("seconds"))).await;
    }
}

#[tokio::test]
async fn an_expired_access_token_asks_for_a_refresh() {
    let clock = TestClock::at(1_800_000_000 * SECOND);
    let app = TestApp::start_with(&[], clock.clock()).await;
    let mut browser = Browser::sign_up(&app, "ada").await;
    clock.advance(HOUR - SECOND);
    assert_eq!(browser.run(WHO).await.status, 200);
    clock.advance(SECOND);
    assert_refused(&browser.run(WHO).await, 401, TRY_REFRESH_TOKEN);
    browser.keep(&browser.refresh().await);
    assert_eq!(browser.run(WHO).await.status, 200);

    clock.advance(100 * DAY);
    let ended = browser.refresh().await;
    assert_refused(&ended, 401, UNAUTHORISED);
    assert_cleared(&ended);
}

#[tokio::test]
async fn a_cleared_or_absent_cookie_is_no_session() {
    let app = TestApp::start().await;
    for cookies in ["", "sAccessToken=", "other=1"] {
        let request = app.post("/graphql").header("rid", "session");
        let request = request.header("cookie", cookies);
        assert_refused(&send(request.json(&operation(WHO))).await, 401, UNAUTHORISED);
    }
}

#[tokio::test]
async fn refresh_and_sign_out_take_post_alone() {
    let app = TestApp::start().await;
    let browser = Browser::sign_up(&app, "ada").await;
    for path in ["/auth/session/refresh", "/auth/signout"] {
        for method in [Method::GET, Method::HEAD, Method::PUT] {
            let request = browser.request(method, path).header("rid", "session");
            assert_eq!(send(request).await.status, 405);
        }
    }
    assert_eq!(browser.refresh().await.status, 200);
}
