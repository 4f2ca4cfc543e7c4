//! The signing keys: when they are fetched, and what happens without their Core.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use reqwest::{
    Method, StatusCode,
    header::{AUTHORIZATION, HeaderMap},
};
use serde_json::{Value, json};
use supertokens::{
    AntiCsrf, EmailVerificationMode, Error, Mailer, Options, RateLimits, SuperTokens, mailer::Mail,
    session::Request,
};
use tokio::time::{sleep, timeout};

use super::{
    WHO, base64url, operation, send,
    stand_in::{Key, StandIn, claims},
};
use crate::support::{
    app::{Answer, TestApp, credentials},
    core::TestClock,
};

const NOW: i64 = 1_800_000_000;
const SECOND: i64 = 1000;
const COOL_DOWN: i64 = 30 * SECOND;
/// After a fetch that failed.
const RETRY: i64 = 2 * SECOND;
/// For what must happen, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
/// When keys are fetched again although they are known.
const STALE: i64 = 15 * 60 * SECOND + 1;

fn clock() -> TestClock {
    TestClock::at(NOW * SECOND)
}

async fn status(app: &TestApp, token: &str) -> StatusCode {
    let request = app.post("/graphql").bearer_auth(token);
    send(request.json(&operation(WHO))).await.status
}

#[tokio::test]
async fn ten_thousand_forged_key_ids_cause_one_fetch() {
    let (key, forger) = (Key::new("d-1"), Key::new("forged"));
    let core = StandIn::publishing(&[&key]).await;
    let options = Options {
        api_domain: "http://localhost:3001".parse().expect("a URL"),
        website_domain: "http://localhost:3000".parse().expect("a URL"),
        core_uris: vec![core.url().parse().expect("a URL")],
        core_api_key: None,
        anti_csrf: AntiCsrf::default(),
        email_verification: EmailVerificationMode::default(),
        cookie_domain: None,
        older_cookie_domain: None,
        providers: Vec::new(),
        rate_limits: RateLimits::OFF,
        dashboard: None,
    };
    let supertokens =
        SuperTokens::new(options, Arc::new(NoMail), clock().clock()).expect("a client");
    let check = async |token: String| {
        let mut headers = HeaderMap::new();
        let bearer = format!("Bearer {token}").parse().expect("a header");
        headers.insert(AUTHORIZATION, bearer);
        let (method, headers) = (&Method::POST, &headers);
        supertokens.session(Request { method, path: "/", headers }).await
    };
    let token = forger.sign(&claims(NOW));
    let (_, signed) = token.split_once('.').expect("a header");
    let checks = (0..10_000).map(|number| {
        let kid = format!("d-x{number}");
        let header = json!({"alg": "RS256", "typ": "JWT", "kid": kid, "version": "5"});
        check(format!("{}.{signed}", base64url(header.to_string())))
    });
    for refusal in join_all(checks).await {
        assert!(matches!(refusal, Err(Error::TryRefreshToken)), "{refusal:?}");
    }
    assert_eq!(core.key_fetches(), 1);
    assert!(check(key.sign(&claims(NOW))).await.is_ok());
}

#[tokio::test]
async fn the_public_key_set_is_fetched_once_a_cool_down() {
    let core = StandIn::publishing(&[&Key::new("d-1")]).await;
    let clock = clock();
    let app = core.serve(clock.clock()).await;
    for _ in 0..2 {
        let before = core.key_fetches();
        let requests = (0..50).map(|_| send(app.get("/auth/jwt/jwks.json")));
        for answer in join_all(requests).await {
            assert_eq!(answer.body["keys"][0]["kid"], "d-1");
        }
        assert_eq!(core.key_fetches() - before, 1);
        clock.advance(COOL_DOWN);
    }
}

/// Others must not keep the keys for longer than the Core says, nor for longer because our copy is not fresh.
#[tokio::test]
async fn keys_are_kept_no_longer_than_the_core_says() {
    let core = StandIn::publishing(&[&Key::new("d-1")]).await;
    let clock = clock();
    let app = core.serve(clock.clock()).await;
    let kept = async || {
        let answer = send(app.get("/auth/jwt/jwks.json")).await;
        answer.header("cache-control").to_owned()
    };
    assert_eq!(kept().await, "max-age=60, must-revalidate", "the Core does not say");
    for (control, expected) in [
        ("max-age=604730, must-revalidate", 3600),
        ("public, MAX-AGE=45", 45),
        ("max-age=0", 0),
        ("no-store", 0),
    ] {
        core.cache(control);
        clock.advance(COOL_DOWN);
        assert_eq!(kept().await, format!("max-age={expected}, must-revalidate"), "{control}");
    }
    core.cache("max-age=45");
    clock.advance(COOL_DOWN);
    kept().await;
    clock.advance(10 * SECOND);
    assert_eq!(kept().await, "max-age=35, must-revalidate");
}

#[tokio::test]
async fn a_core_that_fails_is_not_asked_by_everyone() {
    let core = StandIn::publishing(&[&Key::new("d-1")]).await;
    let clock = clock();
    let app = core.serve(clock.clock()).await;
    let keys = send(app.get("/auth/jwt/jwks.json")).await.body;
    core.answer(StatusCode::SERVICE_UNAVAILABLE, String::new());
    clock.advance(COOL_DOWN);
    let before = core.key_fetches();
    for _ in 0..20 {
        assert_eq!(send(app.get("/auth/jwt/jwks.json")).await.body, keys);
    }
    assert_eq!(core.key_fetches() - before, 1);
}

#[tokio::test]
async fn a_key_set_above_64_kib_is_refused() {
    let key = Key::new("d-1");
    let core = StandIn::publishing(&[&key]).await;
    let set = |size: usize| {
        let set = json!({"keys": [key.jwk], "padding": ""}).to_string();
        let padding = "x".repeat(size - set.len());
        json!({"keys": [key.jwk], "padding": padding}).to_string()
    };
    let clock = clock();
    core.answer(StatusCode::OK, set(64 * 1024 + 1));
    let app = core.serve(clock.clock()).await;
    let token = key.sign(&claims(NOW));
    assert_eq!(status(&app, &token).await, 503);

    core.answer(StatusCode::OK, set(64 * 1024));
    clock.advance(RETRY);
    assert_eq!(status(&app, &token).await, 200);
}

#[tokio::test]
async fn a_known_key_works_while_the_core_is_down_or_hangs() {
    let key = Key::new("d-1");
    let core = StandIn::publishing(&[&key]).await;
    let clock = clock();
    let app = core.serve(clock.clock()).await;
    let token = key.sign(&claims(NOW));
    assert_eq!(status(&app, &token).await, 200);

    core.answer(StatusCode::SERVICE_UNAVAILABLE, String::new());
    clock.advance(STALE);
    assert_eq!(status(&app, &token).await, 200);
    core.hang();
    // Answered while the Core still hangs. On a busy machine the service may give up first: then it is asked again.
    let mut answered = 0;
    for _ in 0..100 {
        clock.advance(RETRY);
        assert_eq!(status(&app, &token).await, 200);
        answered += usize::from(core.is_hanging());
        if answered == 10 {
            return;
        }
    }
    panic!("requests wait for the Core: {answered} did not");
}

#[tokio::test]
async fn new_keys_are_picked_up_after_the_cool_down() {
    let (old, new) = (Key::new("d-1"), Key::new("d-2"));
    let core = StandIn::publishing(&[&old]).await;
    let clock = clock();
    let app = core.serve(clock.clock()).await;
    assert_eq!(status(&app, &old.sign(&claims(NOW))).await, 200);

    core.publish(&[&new, &old]);
    clock.advance(COOL_DOWN - 1);
    assert_eq!(status(&app, &new.sign(&claims(NOW))).await, 401);
    clock.advance(1);
    assert_eq!(status(&app, &new.sign(&claims(NOW))).await, 200);
}

#[tokio::test]
async fn new_keys_are_picked_up_when_the_core_is_back() {
    let (old, new) = (Key::new("d-1"), Key::new("d-2"));
    let core = StandIn::publishing(&[&old]).await;
    let clock = clock();
    let app = core.serve(clock.clock()).await;
    assert_eq!(status(&app, &old.sign(&claims(NOW))).await, 200);

    core.answer(StatusCode::BAD_GATEWAY, String::new());
    clock.advance(COOL_DOWN);
    assert_eq!(status(&app, &new.sign(&claims(NOW))).await, 401);
    core.publish(&[&new]);
    clock.advance(RETRY);
    assert_eq!(status(&app, &new.sign(&claims(NOW))).await, 200);
}

#[tokio::test]
async fn a_key_that_is_rotated_out_is_dropped() {
    let (old, new) = (Key::new("d-1"), Key::new("d-2"));
    let core = StandIn::publishing(&[&old]).await;
    let clock = clock();
    let app = core.serve(clock.clock()).await;
    let token = old.sign(&claims(NOW));
    assert_eq!(status(&app, &token).await, 200);

    core.publish(&[&new]);
    clock.advance(COOL_DOWN);
    assert_eq!(status(&app, &new.sign(&claims(NOW))).await, 200);
    assert_eq!(status(&app, &token).await, 401);
}

#[tokio::test]
async fn a_rotation_is_seen_without_a_new_key_in_use() {
    let (old, new) = (Key::new("d-1"), Key::new("d-2"));
    let core = StandIn::publishing(&[&old]).await;
    let clock = clock();
    let app = core.serve(clock.clock()).await;
    let token = old.sign(&claims(NOW));
    assert_eq!(status(&app, &token).await, 200);

    core.publish(&[&new]);
    clock.advance(STALE);
    // In the background: the request that starts the fetch does not wait for it.
    let refused = async { while status(&app, &token).await != 401 {} };
    timeout(PATIENCE, refused).await.expect("the key is dropped");
    assert_eq!(core.key_fetches(), 2);
}

#[tokio::test]
async fn signing_in_after_a_rotation_waits_for_no_cool_down() {
    let clock = clock();
    let app = TestApp::start_with(&[], clock.clock()).await;
    app.user("ada").await.data(WHO, json!({})).await;
    clock.advance(7 * 24 * 3600 * SECOND);
    let forged = Key::new("d-forged").sign(&claims(NOW));
    assert_eq!(status(&app, &forged).await, 401);
    app.user("grace").await.data(WHO, json!({})).await;
}

/// What `/readyz` says of the database, the keys and the Core.
fn told(ready: &Answer) -> [&str; 3] {
    ["database", "keys", "core"].map(|part| ready.body[part].as_str().expect("a word"))
}

#[tokio::test]
async fn the_service_starts_without_its_core_and_says_so() {
    let key = Key::new("d-1");
    let mut core = StandIn::down();
    core.publish(&[&key]);
    let clock = clock();
    let app = core.serve(clock.clock()).await;

    let ready = send(app.get("/readyz")).await;
    assert_eq!(ready.status, 503);
    assert_eq!(told(&ready), ["ok", "unavailable", "unavailable"]);
    let form = credentials("ada@example.com", "secret123");
    let sign_in = send(app.post("/auth/signin").json(&form)).await;
    assert_eq!(sign_in.status, 503);
    assert_eq!(sign_in.header("retry-after"), "5");
    assert!(sign_in.body["message"].is_string(), "{:?}", sign_in.body);
    assert_eq!(status(&app, &key.sign(&claims(NOW))).await, 503);

    core.come_up();
    clock.advance(RETRY);
    // The state of before is returned for a second.
    let recovered = async {
        while told(&send(app.get("/readyz")).await) != ["ok", "ok", "ok"] {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, recovered).await.expect("the service recovers");
    assert_eq!(send(app.get("/readyz")).await.status, 200);
    assert_eq!(status(&app, &key.sign(&claims(NOW))).await, 200);
}

#[tokio::test]
async fn odd_keys_in_the_set_do_not_hide_the_good_ones() {
    let key = Key::new("d-1");
    let core = StandIn::publishing(&[&key]).await;
    let odd: [Value; 4] = [
        json!({"kty": "oct", "kid": "d-0", "k": "c2VjcmV0"}),
        json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"}),
        json!({"kty": "RSA", "kid": "d-3", "n": "!", "e": ""}),
        json!("no key"),
    ];
    let mut keys = odd.to_vec();
    keys.push(key.jwk.clone());
    core.answer(StatusCode::OK, json!({ "keys": keys }).to_string());
    let app = core.serve(clock().clock()).await;
    assert_eq!(status(&app, &key.sign(&claims(NOW))).await, 200);
}

struct NoMail;

impl Mailer for NoMail {
    fn send(&self, mail: Mail) {
        panic!("nothing is to be sent: {mail:?}");
    }
}
