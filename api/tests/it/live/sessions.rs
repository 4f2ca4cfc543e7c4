//! Whose a socket is, and when it ends.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;

use super::{
    TODO_CHANGED,
    socket::{PROTOCOL, Refused, Socket, expiry},
    subscribed,
};
use crate::support::{
    app::{TestApp, User, credentials},
    core::{TestClock, TestCore},
    core_key::{CoreKey, other_tokens},
};

const START: i64 = 1_800_000_000_000;

fn unauthorised() -> (u16, String) {
    (4401, "unauthorised".into())
}

fn try_refresh_token() -> (u16, String) {
    (4403, "try refresh token".into())
}

fn init(token: Option<&str>) -> serde_json::Value {
    let payload = token.map(|token| json!({"Authorization": format!("Bearer {token}")}));
    json!({"type": "connection_init", "payload": payload})
}

/// How a socket with this bearer token is closed at the beginning.
async fn refusal(app: &TestApp, token: Option<&str>) -> (u16, String) {
    let mut socket = Socket::open(app, &[PROTOCOL]).await.expect("a socket");
    socket.say(init(token)).await;
    socket.closed().await
}

fn cookie(user: &User<'_>) -> String {
    format!("other=1; sAccessToken={}", user.access_token)
}

#[tokio::test]
async fn only_our_own_pages_bring_a_session_in_cookies() {
    let vars = [("WEBSITE_DOMAIN", "http://localhost:4000")];
    let app = TestApp::start_with(&vars, clock::Clock::system()).await;
    let ada = app.guest("ada").await;
    let cookie = cookie(&ada);
    let api = app.url.replace("127.0.0.1", "localhost");
    for origin in ["http://localhost:4000", &api] {
        let headers = [PROTOCOL, ("origin", origin), ("cookie", &cookie)];
        let mut socket = Socket::open(&app, &headers).await.expect("a socket");
        socket.say(init(None)).await;
        assert_eq!(socket.hear().await, json!({"type": "connection_ack"}), "{origin}");
    }
    let refused = Refused(403, "Sockets are for our own pages.".into());
    for origin in [
        "null",
        "http://localhost:4001",
        "https://localhost:4000",
        "http://localhost:4000.evil.example",
        "http://evil.example",
        "http://LOCALHOST:4000",
    ] {
        let headers = [PROTOCOL, ("origin", origin), ("cookie", &cookie)];
        assert_eq!(Socket::open(&app, &headers).await.err(), Some(Refused(403, refused.1.clone())));
    }
    let without = Socket::open(&app, &[PROTOCOL, ("cookie", &cookie)]).await;
    assert_eq!(without.err(), Some(refused), "a browser names the origin");
}

#[tokio::test]
async fn without_a_session_a_socket_is_closed() {
    let app = TestApp::start().await;
    let ada = app.guest("ada").await;
    assert_eq!(refusal(&app, None).await, unauthorised());
    for token in ["", "x", "a.b.c", &ada.refresh_token] {
        assert_eq!(refusal(&app, Some(token)).await, unauthorised(), "{token}");
    }
    let mut forged = ada.access_token.clone();
    forged.replace_range(forged.len() - 8.., "AAAAAAAA");
    assert_eq!(refusal(&app, Some(&forged)).await, try_refresh_token());

    let mut impatient = Socket::open(&app, &[PROTOCOL]).await.expect("a socket");
    impatient.subscribe("1", TODO_CHANGED).await;
    assert_eq!(impatient.closed().await, unauthorised());
}

/// Signed by the Core's keys for other services, with the claims of a session that lives.
#[tokio::test]
async fn token_of_another_kind_opens_no_socket() {
    let app = TestApp::start().await;
    let ada = app.guest("ada").await;
    let claims = serde_json::from_str(app.claims(&ada).await.payload().get()).expect("claims");
    for (token, message) in other_tokens(&app.database, &claims).await {
        let expected =
            if message == "try refresh token" { try_refresh_token() } else { unauthorised() };
        assert_eq!(refusal(&app, Some(&token)).await, expected, "{token}");
    }
    let same = CoreKey::of(&app.database, true).await.sign(Some("5"), &claims);
    let mut socket = Socket::open(&app, &[PROTOCOL]).await.expect("a socket");
    socket.say(init(Some(&same))).await;
    assert_eq!(socket.hear().await, json!({"type": "connection_ack"}));
}

#[tokio::test]
async fn a_bearer_token_may_come_with_the_first_message() {
    let app = TestApp::start().await;
    let ada = app.guest("ada").await;
    let mut socket = Socket::open(&app, &[PROTOCOL]).await.expect("a socket");
    socket.say(init(Some(&ada.access_token))).await;
    assert_eq!(socket.hear().await, json!({"type": "connection_ack"}));
    socket.is_open().await;
}

#[tokio::test]
async fn a_session_counts_once_its_email_is_verified_where_that_is_asked_for() {
    let vars = [("EMAIL_VERIFICATION", "required")];
    let app = TestApp::start_with(&vars, clock::Clock::system()).await;
    let ada = app.user("ada").await;
    let closed = refusal(&app, Some(&ada.access_token)).await;
    assert_eq!(closed, (4401, "invalid claim".into()));
}

#[tokio::test]
async fn a_socket_is_closed_when_its_token_expires() {
    let clock = TestClock::at(START);
    let app = TestApp::start_with(&[], clock.clock()).await;
    let ada = app.guest("ada").await;
    let expires_at = expiry(&app.claims(&ada).await);
    clock.set(expires_at - 300);
    let mut socket = subscribed(&app, &ada).await;
    // Longer than the token had when the socket was opened, as this clock stands still.
    tokio::time::sleep(Duration::from_millis(600)).await;
    socket.is_open().await;
    clock.set(expires_at);
    assert_eq!(socket.closed().await, try_refresh_token());
    assert_eq!(refusal(&app, Some(&ada.access_token)).await, try_refresh_token());
    // Refreshed, it goes on.
    subscribed(&app, &app.refreshed(&ada).await).await.is_open().await;
}

#[tokio::test]
async fn signing_out_closes_the_sockets_of_that_session_at_once() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let elsewhere = app.sign_in(&credentials("ada@example.com", "secret123")).await;
    let mut sockets = [subscribed(&app, &ada).await, subscribed(&app, &ada).await];
    let mut other = subscribed(&app, &elsewhere).await;
    let answer = app.post("/auth/signout").bearer_auth(&ada.access_token).send().await;
    assert_eq!(answer.expect("an answer").status(), StatusCode::OK);
    for socket in &mut sockets {
        assert_eq!(socket.closed().await, unauthorised());
    }
    other.is_open().await;
    // The token is genuine and unexpired, but its session is over.
    assert_eq!(refusal(&app, Some(&ada.access_token)).await, unauthorised());
}

#[tokio::test]
async fn whatever_ends_a_session_here_closes_its_sockets() {
    let app = TestApp::start().await;
    let supertokens = &app.state.supertokens;
    let ada = app.user("ada").await;
    let again = async || app.sign_in(&credentials("ada@example.com", "secret123")).await;

    let mut socket = subscribed(&app, &ada).await;
    supertokens.sessions().revoke_all(&ada.id).await.expect("the Core answers");
    assert_eq!(socket.closed().await, unauthorised());

    let mut socket = subscribed(&app, &again().await).await;
    supertokens.roles().create("editor", &["x"]).await.expect("the Core answers");
    supertokens.roles().revoke(&ada.id, "editor").await.expect("the Core answers");
    assert_eq!(socket.closed().await, unauthorised());

    let user = again().await;
    let mut socket = subscribed(&app, &user).await;
    let refreshed = app.refreshed(&app.refreshed(&user).await).await;
    socket.is_open().await;
    let stolen = app.post("/auth/session/refresh").bearer_auth(&user.refresh_token).send().await;
    assert_eq!(stolen.expect("an answer").status(), StatusCode::UNAUTHORIZED);
    assert_eq!(socket.closed().await, unauthorised());
    assert_eq!(refusal(&app, Some(&refreshed.access_token)).await, unauthorised());

    let mut socket = subscribed(&app, &again().await).await;
    supertokens.users().delete(&ada.id).await.expect("the Core answers");
    assert_eq!(socket.closed().await, unauthorised());
}

#[tokio::test]
async fn a_session_that_was_ended_elsewhere_is_noticed() {
    let core = TestCore::start().await;
    let core_url = core.url();
    let vars = [("SUPERTOKENS_URI", core_url.as_str())];
    let app = TestApp::start_with(&vars, core.clock.clock()).await;
    let (ada, eve) = (app.user("ada").await, app.user("eve").await);
    let (mut adas, mut eves) = (subscribed(&app, &ada).await, subscribed(&app, &eve).await);
    let check = async || app.state.supertokens.check_lasting_sessions(Duration::ZERO).await;
    check().await;
    adas.is_open().await;

    core.post("/recipe/session/remove", json!({"userId": ada.id})).await;
    check().await;
    assert_eq!(adas.closed().await, unauthorised());
    eves.is_open().await;

    core.stop().await;
    check().await;
    eves.is_open().await;
    // Nobody can say whether a session lives now.
    let closed = refusal(&app, Some(&eve.access_token)).await;
    assert_eq!(closed, (1013, "try again later".into()));
}

#[tokio::test]
async fn who_has_too_many_sessions_to_be_told_of_keeps_nobody_elses_from_being_checked() {
    let core = TestCore::start().await;
    let core_url = core.url();
    let vars = [("SUPERTOKENS_URI", core_url.as_str())];
    let app = TestApp::start_with(&vars, core.clock.clock()).await;
    let eve = app.user("eve").await;
    let mut eves = subscribed(&app, &eve).await;
    let mut others = Vec::new();
    for name in ["ada", "bob", "cleo", "dan"] {
        let user = app.user(name).await;
        let socket = subscribed(&app, &user).await;
        others.push((user.id.clone(), socket));
    }
    let of_eve = format!(
        "INSERT INTO supertokens_core.sessions SELECT number || '-' || gen_random_uuid(), user_id, \
         number::text, user_data_in_jwt, user_data_in_database, use_dynamic_key, created_at, \
         expires_at FROM supertokens_core.sessions, generate_series(1, 40000) number \
         WHERE user_id = '{}'",
        eve.id
    );
    core.database.execute(&of_eve).await;
    for (id, _) in &others {
        core.post("/recipe/session/remove", json!({"userId": id})).await;
    }
    // In whatever order they come.
    app.state.supertokens.check_lasting_sessions(Duration::ZERO).await;
    for (_, socket) in &mut others {
        assert_eq!(socket.closed().await, unauthorised());
    }
    eves.is_open().await;
}
