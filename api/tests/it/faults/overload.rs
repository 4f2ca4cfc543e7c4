//! More requests than can be answered: some are told so at once, and the others are not slower for it.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::json;
use tokio::time::{Instant, sleep, sleep_until};

use super::{
    LIST, PATIENCE,
    report::{Row, spoken},
    well_again,
    work::is_told_to_come_back,
};
use crate::support::{
    app::{Answer, TestApp, User},
    proxy::{Proxy, Way},
};

/// Each request takes two of these: there and back.
const DELAY: Duration = Duration::from_millis(100);
/// So the service answers at most this many requests a second.
const CONNECTIONS: u32 = 4;
const MOST: u32 = 20;

/// A service that waits for its database, and for nothing else: its limits are known.
async fn limited(max_requests: &str) -> (TestApp, Proxy) {
    TestApp::start_behind_proxy(&[("MAX_REQUESTS", max_requests)]).await
}

async fn timed(user: &User<'_>) -> (Answer, Duration) {
    let began = Instant::now();
    let answer = user.send(LIST, json!({})).await;
    (answer, began.elapsed())
}

/// The 99th of a hundred.
pub fn p99(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    // On a very slow machine nobody may be turned away.
    times.get((times.len() * 99).div_ceil(100).saturating_sub(1)).copied().unwrap_or_default()
}

/// As many at once as there are connections, for as long as it takes to ask so many times.
async fn at_most(user: &User<'_>, times: u32) -> Vec<Duration> {
    let asking = (0..CONNECTIONS).map(async |_| {
        let mut taken = Vec::new();
        for _ in 0..times / CONNECTIONS {
            let (answer, took) = timed(user).await;
            assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
            taken.push(took);
        }
        taken
    });
    join_all(asking).await.concat()
}

/// So many a second, whether they are answered or not.
async fn offered(user: &User<'_>, a_second: u32, seconds: u32) -> Vec<(Answer, Duration)> {
    let began = Instant::now();
    let asking = (0..a_second * seconds).map(async |number| {
        sleep_until(began + Duration::from_secs(1) * number / a_second).await;
        timed(user).await
    });
    join_all(asking).await
}

/// The most requests that were seen to use the database or to wait for it.
async fn most_in_flight(app: &TestApp, is_over: &AtomicBool) -> usize {
    let mut most = 0;
    while !is_over.load(Ordering::SeqCst) {
        let pool = app.state.rls.pool();
        most = most.max(pool.used + pool.waiting);
        sleep(Duration::from_millis(5)).await;
    }
    most
}

#[tokio::test]
async fn overload_lets_one_request_wait_for_each_connection() {
    let (app, proxy) = limited("8").await;
    let ada = app.guest("ada").await;
    // The connections are there, and their statements prepared.
    join_all((0..CONNECTIONS).map(|_| timed(&ada))).await;
    proxy.set(Way::Slow(DELAY));
    let usual = p99(at_most(&ada, 3 * MOST).await);

    let is_over = AtomicBool::new(false);
    let offering = async {
        let answers = offered(&ada, 2 * MOST, 5).await;
        is_over.store(true, Ordering::SeqCst);
        answers
    };
    let (answers, most) = tokio::join!(offering, most_in_flight(&app, &is_over));
    // So whoever is let in waits for one other, and not for more.
    assert!(most <= 2 * CONNECTIONS as usize, "{most} at once");
    let (served, shed): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|(answer, _)| answer.status == StatusCode::OK);
    for (answer, _) in &shed {
        is_told_to_come_back(answer);
        assert_eq!(answer.graphql_error()["extensions"]["code"], "OVERLOADED");
        assert_eq!(answer.header("retry-after"), "1");
    }
    let (let_in, turned_away) = (served.len(), shed.len());
    let times = |of: Vec<(Answer, Duration)>| of.into_iter().map(|(_, took)| took).collect();
    let (busy, told) = (p99(times(served)), p99(times(shed)));
    let well = well_again(&ada).await;
    Row {
        about: "load",
        fault: "twice as many requests as can be answered",
        sees: &format!(
            "{let_in} answered, p99 {} ({} at the most that can be answered: {:.1} times); {turned_away} \
             told 503 `OVERLOADED`, `Retry-After: 1`, p99 {}",
            spoken(busy),
            spoken(usual),
            busy.as_secs_f64() / usual.as_secs_f64(),
            spoken(told)
        ),
        bystanders: None,
        well_after: Some(well),
        kept: "what was let in",
    }
    .report();
}

#[tokio::test]
async fn who_is_turned_away_is_told_while_the_others_still_wait() {
    let (app, proxy) = limited("2").await;
    let ada = app.guest("ada").await;
    // Both connections are there: one that is only being made is not what a place waits for.
    proxy.set(Way::Slow(DELAY));
    join_all((0..2).map(|_| timed(&ada))).await;
    proxy.set(Way::Silent);
    let waiting = join_all((0..2).map(|_| timed(&ada)));
    let turned_away = async {
        let deadline = Instant::now() + PATIENCE;
        while app.state.rls.pool().used < 2 {
            assert!(Instant::now() < deadline, "the places are not taken");
            sleep(Duration::from_millis(5)).await;
        }
        let (answer, _) = timed(&ada).await;
        is_told_to_come_back(&answer);
        assert_eq!(answer.graphql_error()["extensions"]["code"], "OVERLOADED");
        // Signing in and the page wait for other things.
        let key_set = app.get("/auth/jwt/jwks.json").send().await.expect("an answer");
        assert_eq!(key_set.status(), StatusCode::OK);
        assert_eq!(app.get("/livez").send().await.expect("an answer").status(), StatusCode::OK);
        proxy.set(Way::Open);
    };
    let (answers, ()) = tokio::join!(waiting, turned_away);
    for (answer, _) in answers {
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
    }
    // Each place is free again.
    for (answer, _) in join_all((0..2).map(|_| timed(&ada))).await {
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
    }
}

#[tokio::test]
async fn one_user_has_a_quarter_of_the_places() {
    let (app, proxy) = limited("100").await;
    let (ada, eve) = (app.guest("ada").await, app.guest("eve").await);
    join_all((0..CONNECTIONS).map(|_| timed(&ada))).await;
    // Nobody is served before all have asked.
    proxy.set(Way::Silent);
    let shed = AtomicUsize::new(0);
    let asking = join_all((0..30).map(async |_| {
        let (answer, _) = timed(&ada).await;
        if answer.status == StatusCode::OK {
            return;
        }
        is_told_to_come_back(&answer);
        assert_eq!(answer.graphql_error()["extensions"]["code"], "OVERLOADED");
        shed.fetch_add(1, Ordering::SeqCst);
    }));
    let other = async {
        let deadline = Instant::now() + PATIENCE;
        while shed.load(Ordering::SeqCst) < 5 {
            assert!(Instant::now() < deadline, "nobody is turned away");
            sleep(Duration::from_millis(5)).await;
        }
        let opening = async { proxy.set(Way::Open) };
        tokio::join!(timed(&eve), opening).0.0
    };
    let (_, other) = tokio::join!(asking, other);
    assert_eq!(shed.load(Ordering::SeqCst), 5);
    assert_eq!(other.status, StatusCode::OK, "{:?}", other.body);
}
