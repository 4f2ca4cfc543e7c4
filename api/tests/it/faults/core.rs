//! A Core that is away, slow or talks nonsense, changes its keys meanwhile, or has another time.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use axum::Router;
use clock::Clock;
use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    time::{Instant, sleep},
};

use super::{
    LIST, PATIENCE,
    bystanders::{Bystanders, LISTS},
    ready,
    report::{Row, spoken},
    work::is_told_to_come_back,
};
use crate::support::{
    app::{Answer, TestApp, User, credentials},
    core::TestCore,
    database::TestDatabase,
    proxy::{Proxy, Way},
};

const SECOND: i64 = 1000;
const WEEK: i64 = 7 * 24 * 3600 * SECOND;

/// A Core with the time of the world, behind a proxy.
async fn behind_a_proxy() -> (TestCore, Proxy) {
    let clock = crate::support::core::TestClock::at(0);
    let core = TestCore::start_with(TestDatabase::new().await, clock, |options| {
        supertokens_dev_core::Options { clock: Clock::system(), ..options }
    });
    let core = core.await;
    let proxy = Proxy::before(&core.url()).await;
    (core, proxy)
}

async fn app_on(proxy: &Proxy, core: &TestCore, clock: Clock) -> TestApp {
    let url = proxy.on(&core.url());
    // Somebody who tries until they are let in is not what these tests are about.
    let limits = [("RATE_LIMIT_ADDRESS", "off"), ("RATE_LIMIT_ACCOUNT", "off")];
    let vars = [&limits[..], &[("SUPERTOKENS_URI", url.as_str())]].concat();
    TestApp::start_with(&vars, clock).await
}

async fn sign_in(app: &TestApp) -> Answer {
    let request = app.post("/auth/signin").header("st-auth-mode", "header");
    let request = request.json(&credentials("ada@example.com", "secret123"));
    Answer::read(request.send().await.expect("an answer")).await
}

/// How long until somebody can sign in again.
async fn signs_in_again(app: &TestApp) -> Duration {
    let began = Instant::now();
    loop {
        let answer = sign_in(app).await;
        if answer.body["status"] == "OK" {
            return began.elapsed();
        }
        assert!(began.elapsed() < PATIENCE, "nobody can sign in again: {:?}", answer.body);
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn without_its_core_sign_in_waits_and_todos_go_on() {
    let (core, proxy) = behind_a_proxy().await;
    let app = app_on(&proxy, &core, Clock::system()).await;
    let ada = app.user("ada").await;
    ada.add("before").await;
    let bystanders = Bystanders::of(&app).await;

    proxy.set(Way::Cut);
    app.state.live.listening().await;
    let (status, told) = ready(&app).await;
    assert_eq!(status, StatusCode::OK);
    let expected = json!({"database": "ok", "keys": "ok", "core": "unavailable", "live": "ok"});
    assert_eq!(told, expected);
    ada.add("during").await;
    assert_eq!(ada.tasks().await, ["during", "before"]);
    // The email comes from the Core: the rest of the answer does not wait for it.
    let answer = ada.send("{ session { userId email } todos { nodes { id } } }", json!({})).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body["data"]["session"], json!({"userId": ada.id, "email": null}));
    assert_eq!(answer.body["errors"][0]["extensions"]["code"], "SERVICE_UNAVAILABLE");
    let mut slowest = Duration::ZERO;
    for path in ["/auth/signin", "/auth/signup"] {
        let began = Instant::now();
        let request = app.post(path).json(&credentials("ada@example.com", "secret123"));
        let answer = Answer::read(request.send().await.expect("an answer")).await;
        slowest = slowest.max(began.elapsed());
        is_told_to_come_back(&answer);
        assert_eq!(answer.header("retry-after"), "5");
    }
    let ((), impact) = bystanders.during(bystanders.answered(LISTS)).await;
    proxy.set(Way::Open);
    let well = signs_in_again(&app).await;
    Row {
        about: "core",
        fault: "the Core is down",
        sees: &format!("sign-in: 503, `Retry-After: 5`, after {}", spoken(slowest)),
        bystanders: Some(&impact),
        well_after: Some(well),
        kept: "sessions and todos",
    }
    .report();
}

#[tokio::test]
async fn a_core_that_says_nothing_keeps_nobody_from_their_todos() {
    let (core, proxy) = behind_a_proxy().await;
    let app = app_on(&proxy, &core, Clock::system()).await;
    let ada = app.user("ada").await;
    let bystanders = Bystanders::of(&app).await;
    proxy.set(Way::Silent);
    // More than are sent to a Core at once.
    let signing_in = async {
        let began = Instant::now();
        let answers = join_all((0..24).map(|_| sign_in(&app))).await;
        answers.iter().for_each(is_told_to_come_back);
        began.elapsed()
    };
    let fault = async { tokio::join!(signing_in, ada.add("during")) };
    let ((slowest, _), impact) = bystanders.during(fault).await;
    assert_eq!(ada.tasks().await, ["during"]);
    proxy.set(Way::Open);
    let well = signs_in_again(&app).await;
    Row {
        about: "core",
        fault: "the Core answers nothing (a proxy keeps what it is sent), 24 sign-ins at once",
        sees: &format!("sign-in: 503 with `Retry-After`, the last after {}", spoken(slowest)),
        bystanders: Some(&impact),
        well_after: Some(well),
        kept: "sessions and todos",
    }
    .report();
}

#[tokio::test]
async fn who_waits_for_a_core_that_says_nothing_takes_no_place_from_lists() {
    const PLACES: usize = 64;
    let (core, proxy) = behind_a_proxy().await;
    let url = proxy.on(&core.url());
    let places = PLACES.to_string();
    let vars = [("SUPERTOKENS_URI", url.as_str()), ("MAX_REQUESTS", &places)];
    let app = TestApp::start_with(&vars, Clock::system()).await;
    let ada = app.user("ada").await;
    let bystanders = Bystanders::of(&app).await;
    // Each has places of their own, and together they want more than there are.
    let mut others = Vec::new();
    for number in 0..8 {
        others.push(app.guest(&format!("guest-{number}")).await);
    }
    proxy.set(Way::Silent);
    let asking = async {
        let email = async |user: &User<'_>| {
            let answer = user.send("{ session { userId email } }", json!({})).await;
            assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
            assert_eq!(answer.body["data"]["session"]["email"], json!(null));
            assert_eq!(answer.body["errors"][0]["extensions"]["code"], "SERVICE_UNAVAILABLE");
        };
        let began = Instant::now();
        join_all(others.iter().flat_map(|user| (0..12).map(|_| email(user)))).await;
        began.elapsed()
    };
    let fault = async { tokio::join!(asking, ada.add("during")) };
    let ((waited, _), impact) = bystanders.during(fault).await;
    assert!(waited >= Duration::from_secs(1), "{waited:?}: nobody has waited for the Core");
    assert_eq!(ada.tasks().await, ["during"]);
    proxy.set(Way::Open);
    let well = signs_in_again(&app).await;
    Row {
        about: "core",
        fault: "the Core answers nothing, and 96 requests want an email of it (`MAX_REQUESTS=64`)",
        sees: &format!("they: null in its place, the last after {}", spoken(waited)),
        bystanders: Some(&impact),
        well_after: Some(well),
        kept: "sessions and todos",
    }
    .report();
}

#[tokio::test]
async fn user_whose_requests_wait_for_the_core_keeps_nobody_out() {
    let (core, proxy) = behind_a_proxy().await;
    let url = proxy.on(&core.url());
    let vars = [("SUPERTOKENS_URI", url.as_str()), ("MAX_REQUESTS", "64")];
    let app = TestApp::start_with(&vars, Clock::system()).await;
    let ada = app.user("ada").await;
    let bystanders = Bystanders::of(&app).await;
    // The Core has to be told of the first use of a refreshed token.
    let ada = app.refreshed(&ada).await;
    proxy.set(Way::Silent);
    let shed = AtomicUsize::new(0);
    let waiting = join_all((0..70).map(async |_| {
        let response = ada.send(LIST, json!({})).await;
        if response.status != StatusCode::OK {
            is_told_to_come_back(&response);
            shed.fetch_add(1, Ordering::SeqCst);
        }
    }));
    let other = async {
        let deadline = Instant::now() + PATIENCE;
        while shed.load(Ordering::SeqCst) == 0 {
            assert!(Instant::now() < deadline, "no request is refused");
            sleep(Duration::from_millis(5)).await;
        }
        bystanders.during(bystanders.answered(LISTS)).await.1
    };
    let (_, impact) = tokio::join!(waiting, other);
    proxy.set(Way::Open);
    Row {
        about: "core",
        fault: "the Core answers nothing, and 70 requests of one user wait for it (`MAX_REQUESTS=64`)",
        sees: &format!("they: 503 with `Retry-After`, {} of them at once", shed.load(Ordering::SeqCst)),
        bystanders: Some(&impact),
        well_after: Some(signs_in_again(&app).await),
        kept: "sessions and todos",
    }
    .report();
}

#[tokio::test]
async fn a_slow_core_slows_signing_in_alone() {
    let (core, proxy) = behind_a_proxy().await;
    let app = app_on(&proxy, &core, Clock::system()).await;
    app.user("ada").await;
    let bystanders = Bystanders::of(&app).await;
    proxy.set(Way::Slow(Duration::from_millis(200)));
    let fault = async {
        let began = Instant::now();
        assert_eq!(sign_in(&app).await.body["status"], "OK");
        let signing_in = began.elapsed();
        bystanders.answered(LISTS).await;
        signing_in
    };
    let (signing_in, impact) = bystanders.during(fault).await;
    assert!(signing_in >= Duration::from_millis(400), "{signing_in:?}: the proxy slows nothing");
    proxy.set(Way::Open);
    let well = signs_in_again(&app).await;
    Row {
        about: "core",
        fault: "the Core is 400 ms away (a proxy delays each piece by 200 ms)",
        sees: &format!("a sign-in takes {}", spoken(signing_in)),
        bystanders: Some(&impact),
        well_after: Some(well),
        kept: "nothing was refused",
    }
    .report();
}

#[tokio::test]
async fn a_core_that_talks_nonsense_is_a_failure_of_signing_in_alone() {
    let (core, proxy) = behind_a_proxy().await;
    let app = app_on(&proxy, &core, Clock::system()).await;
    let ada = app.user("ada").await;
    ada.add("before").await;
    let bystanders = Bystanders::of(&app).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let nonsense = format!("http://{}", listener.local_addr().expect("an address"));
    let router = Router::new().fallback(async || "<html>it works</html>");
    tokio::spawn(async move { axum::serve(listener, router).await });

    proxy.lead_to(&nonsense).await;
    // A connection of before may end as it is used.
    let deadline = Instant::now() + PATIENCE;
    let answer = loop {
        let answer = sign_in(&app).await;
        if answer.status != StatusCode::SERVICE_UNAVAILABLE {
            break answer;
        }
        assert!(Instant::now() < deadline, "{:?}", answer.body);
    };
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{:?}", answer.body);
    assert!(!answer.body.to_string().contains("works"), "{:?}", answer.body);
    ada.add("during").await;
    assert_eq!(ready(&app).await.0, StatusCode::OK);
    let ((), impact) = bystanders.during(bystanders.answered(LISTS)).await;
    proxy.lead_to(&core.url()).await;
    let well = signs_in_again(&app).await;
    assert_eq!(ada.tasks().await, ["during", "before"]);
    Row {
        about: "core",
        fault: "something else answers at the Core's address, with HTML",
        sees: "sign-in: 500 without its text, told in the log",
        bystanders: Some(&impact),
        well_after: Some(well),
        kept: "sessions and todos",
    }
    .report();
}

#[tokio::test]
async fn keys_that_change_while_the_core_is_down_keep_nobody_out() {
    let core = TestCore::start().await;
    let (clock, proxy) = (core.clock.clone(), Proxy::before(&core.url()).await);
    let app = app_on(&proxy, &core, clock.clock()).await;
    let ada = app.user("ada").await;
    ada.add("before").await;
    let key_of = |token: &str| {
        let header = jsonwebtoken::decode_header(token).expect("a token");
        header.kid.expect("a key")
    };
    proxy.set(Way::Cut);
    // The key is a week old by then, and the token an hour.
    clock.advance(WEEK);
    let core = core.restart().await;
    proxy.lead_to(&core.url()).await;

    let began = Instant::now();
    let again = app.refreshed(&ada).await;
    assert_ne!(key_of(&again.access_token), key_of(&ada.access_token), "no key was changed");
    // At once: the service does not know the key, and must ask for it.
    assert_eq!(again.tasks().await, ["before"]);
    let well = began.elapsed();
    Row {
        about: "core",
        fault: "the Core signs with another key after it was down",
        sees: "the first refresh and the first request after it work",
        bystanders: None,
        well_after: Some(well),
        kept: "the session",
    }
    .report();
}

#[tokio::test]
async fn keys_that_cannot_be_had_at_start_are_fetched_once_they_can() {
    let (core, proxy) = behind_a_proxy().await;
    let user = core.sign_up("ada@example.com").await;
    proxy.set(Way::Cut);
    let app = app_on(&proxy, &core, Clock::system()).await;
    let (status, told) = ready(&app).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!((&told["keys"], &told["database"]), (&json!("unavailable"), &json!("ok")));
    is_told_to_come_back(&sign_in(&app).await);

    proxy.set(Way::Open);
    let began = Instant::now();
    while ready(&app).await.0 != StatusCode::OK {
        assert!(began.elapsed() < PATIENCE, "the keys are not fetched");
        sleep(Duration::from_millis(20)).await;
    }
    let well = began.elapsed();
    let signed_in = app.sign_in(&credentials("ada@example.com", "secret123")).await;
    assert_eq!(signed_in.id, user);
    // And once they are known, nobody needs the Core to be believed.
    proxy.set(Way::Cut);
    signed_in.add("mine").await;
    Row {
        about: "core",
        fault: "the keys (JWKS) cannot be fetched when the service starts",
        sees: "`/readyz` 503, so that no proxy sends anybody; sign-in: 503",
        bystanders: None,
        well_after: Some(well),
        kept: "nothing was there yet",
    }
    .report();
}

/// What somebody does who signs in, reads, refreshes and reads again.
async fn goes_through(app: &TestApp, name: &str) {
    let user = app.user(name).await;
    user.add("mine").await;
    let again = app.refreshed(&user).await;
    assert_eq!(again.tasks().await, ["mine"]);
    let answer: Value = again.data("{ sessions { id } }", json!({})).await;
    assert_eq!(answer["sessions"].as_array().expect("sessions").len(), 1);
}

#[tokio::test]
async fn a_minute_between_the_clocks_of_core_and_service_is_borne() {
    for skew in [60 * SECOND, -60 * SECOND] {
        let core = TestCore::start().await;
        let services = crate::support::core::TestClock::at(1_800_000_000_000 - skew);
        let url = core.url();
        let vars = [("SUPERTOKENS_URI", url.as_str())];
        let app = TestApp::start_with(&vars, services.clock()).await;
        goes_through(&app, "ada").await;
    }
    Row {
        about: "core",
        fault: "the clocks of Core and service are 60 s apart, either way",
        sees: "signing in, reading and refreshing as ever",
        bystanders: None,
        well_after: None,
        kept: "nothing was refused",
    }
    .report();
}
