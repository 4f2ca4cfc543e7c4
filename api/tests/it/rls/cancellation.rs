//! Callers go away at any moment. No connection may come back to the pool inside their
//! transaction, and no later caller may act with their claims.

use std::{pin::pin, time::Duration};

use api::rls::{Access, Role};
use futures_util::{future::join_all, poll};
use serde_json::json;
use tokio::{
    task::yield_now,
    time::{Instant, sleep},
};

use crate::support::app::{TestApp, User};

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
            let _ = tokio::time::timeout(abort, request).await;
        }
    }))
    .await;
    assert_comes_to_rest(&app).await;
    for user in &users {
        join_all((0..8).map(|_| assert_sees_only_own(user, &user.id))).await;
    }
}
