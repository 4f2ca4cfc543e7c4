//! Callers go away at any moment. No connection may come back to the pool inside their
//! transaction, and no later caller may act with their claims.

use std::{pin::pin, time::Duration};

use api::rls::{Access, Role};
use clock::Clock;
use futures_util::{future::join_all, poll};
use reqwest::StatusCode;
use serde_json::json;
use tokio::{
    task::yield_now,
    time::{Instant, sleep, timeout},
};

use crate::support::{
    app::{TestApp, User},
    core::{TestClock, TestCore},
    database::TestDatabase,
    proxy::{Proxy, Way},
};

/// Polls `future` for that long, then drops it where it stands. Timers are too coarse for this:
/// a whole `begin` takes less than their millisecond.
async fn cancel_after(time: Duration, future: impl Future) {
    let (mut future, start) = (pin!(future), Instant::now());
    while start.elapsed() < time && poll!(&mut future).is_pending() {
        yield_now().await;
    }
}

/// How many of the service's connections are inside a transaction now.
async fn open_transactions(app: &TestApp) -> i64 {
    let mut connection = app.database.connect().await;
    sqlx::query_scalar(
        "select count(*) from pg_stat_activity where datname = current_database()
         and usename = 'it_login' and (xact_start is not null or state <> 'idle')",
    )
    .fetch_one(&mut connection)
    .await
    .expect("the catalogue answers")
}

/// Waits until nothing runs. A connection that leaked would stay inside its transaction.
pub(super) async fn assert_comes_to_rest(app: &TestApp) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while open_transactions(app).await > 0 {
        assert!(Instant::now() < deadline, "a connection stays inside a transaction");
        sleep(Duration::from_millis(20)).await;
    }
}

async fn assert_sees_only_own(user: &User<'_>, task: &str) {
    assert!(user.tasks().await.iter().all(|seen| seen == task));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_begin_that_is_cancelled_leaves_nothing_behind() {
    let app = TestApp::start().await;
    let claims = app.claims(&app.user("ada").await).await;
    let rls = &app.state.rls;
    // From the first poll to well past the end, in steps of ten microseconds.
    for round in 0..2_000 {
        let begin = rls.begin(Role::Authenticated, Access::Write, &claims);
        cancel_after(Duration::from_micros(round * 10 % 2_000), begin).await;
    }
    assert_comes_to_rest(&app).await;
    // Every connection of the pool, at once: none holds claims that it was not given.
    let eve = app.user("eve").await;
    eve.add("hers").await;
    join_all((0..16).map(|_| assert_sees_only_own(&eve, "hers"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_are_aborted_leave_nothing_behind() {
    let app = TestApp::start().await;
    let users = join_all(["ada", "bob", "eve"].map(|name| app.user(name))).await;
    for user in &users {
        user.add(&user.id).await;
    }
    let query = "mutation($task: String!) { addTodo(input: {task: $task}) { todo { id } } }";
    join_all(users.iter().map(async |user| {
        for round in 0..120 {
            let abort = Duration::from_micros(round * 60 % 7_000);
            let request = user.send(query, json!({"task": user.id}));
            let _ = timeout(abort, request).await;
        }
    }))
    .await;
    assert_comes_to_rest(&app).await;
    for user in &users {
        join_all((0..8).map(|_| assert_sees_only_own(user, &user.id))).await;
    }
}

/// Each user gets one task, named by their id.
async fn add_own_id(users: &[User<'_>]) {
    for user in users {
        assert!(list(user).await.is_empty());
        user.add(&user.id).await;
    }
}

/// The tasks of the first page. Waits while the service says that it is unavailable: on a busy machine connecting
/// may take longer than a request waits.
async fn list(user: &User<'_>) -> Vec<String> {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let answer = user.send("{ todos { nodes { task } } }", json!({})).await;
        if answer.status == StatusCode::OK {
            let nodes = answer.body["data"]["todos"]["nodes"].as_array().expect("nodes");
            return nodes
                .iter()
                .map(|node| node["task"].as_str().expect("a task").to_owned())
                .collect();
        }
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{:?}", answer.body);
        assert!(Instant::now() < deadline, "the service stays unavailable");
        sleep(Duration::from_millis(20)).await;
    }
}

/// Rounds for each size of the pool.
const ROUNDS: u64 = 700;

/// The leak of the first release: an aborted `GET /readyz` left a response outstanding on a pooled connection,
/// and every later caller read the response of the caller before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn aborted_readiness_requests_never_mix_up_users() {
    join_all([1, 2, 4].map(async |connections: u64| {
        let size = connections.to_string();
        let vars = [("DATABASE_MAX_CONNECTIONS", size.as_str())];
        let (app, proxy) = TestApp::start_behind_proxy(&vars).await;
        let users = join_all(["ada", "bob"].map(|name| app.guest(name))).await;
        add_own_id(&users).await;
        proxy.set(Way::Slow(Duration::from_millis(2)));
        for round in 0..ROUNDS {
            // Spread over the time that a check takes, differently for each pool.
            let abort = Duration::from_micros(round * 7_919 * connections % 12_000);
            let _ = timeout(abort, app.get("/readyz").send()).await;
            let lists = join_all(users.iter().map(list)).await;
            for (user, tasks) in users.iter().zip(lists) {
                assert_eq!(tasks, [user.id.as_str()], "round {round}, {connections} connections");
            }
        }
    }))
    .await;
}

/// The same at the pool: the check itself is dropped after each number of polls, and while it waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropped_pings_leave_no_response_outstanding() {
    let (app, proxy) = TestApp::start_behind_proxy(&[("DATABASE_MAX_CONNECTIONS", "1")]).await;
    let users = join_all(["ada", "bob"].map(|name| app.guest(name))).await;
    add_own_id(&users).await;
    proxy.set(Way::Slow(Duration::from_millis(2)));
    for round in 0..300 {
        let drop_after = Duration::from_micros(round * 97 % 12_000);
        let _ = timeout(drop_after, app.state.rls.ping()).await;
        let lists = join_all(users.iter().map(list)).await;
        for (user, tasks) in users.iter().zip(lists) {
            assert_eq!(tasks, [user.id.as_str()], "round {round}");
        }
    }
}

#[tokio::test]
async fn flood_of_readiness_requests_costs_one_check_a_second() {
    let core = TestCore::start_with(TestDatabase::new().await, TestClock::at(0), |options| {
        supertokens_dev_core::Options { clock: Clock::system(), ..options }
    })
    .await;
    let core_proxy = Proxy::before(&core.url()).await;
    let core_url = core_proxy.on(&core.url());
    let (app, proxy) = TestApp::start_behind_proxy(&[("SUPERTOKENS_URI", &core_url)]).await;
    let ready = app.get("/readyz").send().await.expect("a response");
    assert_eq!(ready.status(), StatusCode::OK);
    let (database_before, core_before) = (proxy.forwarded(), core_proxy.forwarded());
    let (start, mut requests) = (Instant::now(), 0);
    while start.elapsed() < Duration::from_secs(2) {
        let responses = join_all((0..20).map(|_| app.get("/readyz").send())).await;
        requests += responses.len();
    }
    // Each check is a request and a response, and either may arrive in two pieces.
    let checks = usize::try_from(start.elapsed().as_secs()).expect("a short time") + 1;
    let database = proxy.forwarded() - database_before;
    let core = core_proxy.forwarded() - core_before;
    assert!(requests > 10 * checks, "{requests} requests in {checks} s are no flood");
    assert!(database <= 4 * checks, "{database} messages for {checks} checks");
    assert!(core <= 4 * checks, "{core} messages for {checks} checks");
}
