//! Futures are dropped at each of their polls, and later. No scope sees what another left.

use std::{future::poll_fn, pin::pin, task::Poll, time::Duration};

use futures_util::{FutureExt as _, future::join_all};
use pg_scope::{Error, Pool};
use tokio::time::sleep;

use super::{backends, postgres, read_as, user, write_as};

/// Every public future, one after the other.
async fn everything(pool: &Pool) -> Result<(), Error> {
    pool.ping(Duration::from_mins(1)).await?;
    let whole = pool.begin(read_as("dropped")).await?.ending();
    user(&whole).await?;
    let longer = pool.begin(write_as("dropped")).await?;
    user(&longer).await?;
    longer.query("SELECT pg_sleep(0.001)", &[]).await?;
    user(&longer).await?;
    longer.commit().await?;
    let abandoned = pool.begin(write_as("dropped")).await?;
    user(&abandoned).await?;
    drop(abandoned);
    let outer = pool.begin(write_as("dropped")).await?;
    let nested = outer.begin_nested()?;
    nested.query("SELECT set_config('app.user', 'nested', true)", &[]).await?;
    nested.commit().await?;
    let nested = outer.begin_nested()?;
    nested.query("SELECT pg_sleep(0.001)", &[]).await?;
    nested.rollback().await?;
    outer.rollback().await?;
    let last = pool.begin(write_as("dropped")).await?;
    user(&last).await?;
    let last = last.ending();
    user(&last).await?;
    Ok(())
}

/// Polls `future` so many times, waits, and drops it. Returns whether it was dropped unfinished.
async fn drop_at(polls: usize, wait: Duration, future: impl Future) -> bool {
    let mut future = pin!(future);
    for _ in 0..polls {
        let mut is_woken = false;
        // Resolves at the next wake of the future.
        let polled = poll_fn(|context| {
            if is_woken {
                return Poll::Ready(None);
            }
            is_woken = true;
            match future.as_mut().poll(context) {
                Poll::Ready(_) => Poll::Ready(Some(())),
                Poll::Pending => Poll::Pending,
            }
        });
        if polled.await.is_some() {
            return false;
        }
    }
    sleep(wait).await;
    true
}

/// Several other scopes at once, of which each must see itself.
async fn assert_scopes_are_own(pool: &Pool, round: usize) {
    let users = (0..3).map(|number| format!("user {number} of round {round}"));
    join_all(users.map(async |name| {
        let transaction = pool.begin(read_as(&name)).await.expect("a connection");
        assert_eq!(user(&transaction).await.expect("a row"), name);
        let transaction = transaction.ending();
        assert_eq!(user(&transaction).await.expect("a row"), name);
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropped_futures_never_reach_another_scope() {
    let observer = Pool::new(postgres("observer").max_connections(1));
    let mut drops = 0;
    for connections in [1, 2] {
        let name = format!("drops-{connections}");
        let options = postgres(&name).max_connections(connections);
        let pool = Pool::new(options.acquire_timeout(Duration::from_mins(1)));
        let most = i64::try_from(connections).expect("a small number");
        for wait in [0, 0, 300, 700, 1_500].map(Duration::from_micros) {
            let mut polls = 0;
            while drop_at(polls, wait, everything(&pool)).await {
                assert_scopes_are_own(&pool, drops).await;
                assert!(backends(&observer, &name).await <= most);
                (polls, drops) = (polls + 1, drops + 1);
            }
            assert!(polls >= 8, "only {polls} polls");
        }
    }
    println!("{drops} futures were dropped");
}

#[tokio::test]
async fn dropped_statement_is_canceled_and_frees_its_connection() {
    let options = postgres("canceled").max_connections(1);
    let pool = Pool::new(options.acquire_timeout(Duration::from_mins(1)));
    let mut sleeping = Box::pin(async {
        let transaction = pool.begin(write_as("sleeper")).await.expect("a connection");
        transaction.query("SELECT pg_sleep(3600)", &[]).await
    });
    let observer = Pool::new(postgres("observer-2").max_connections(1));
    let sql = "SELECT count(*) FROM pg_stat_activity
        WHERE application_name = 'canceled' AND query LIKE '%pg_sleep%' AND state = 'active'";
    let runs = async || {
        let transaction = observer.begin(read_as("observer")).await.expect("a connection").ending();
        transaction.query(sql, &[]).await.expect("rows").rows[0].get::<i64>(0).expect("a count")
    };
    while runs().await == 0 {
        assert!(sleeping.as_mut().now_or_never().is_none());
    }
    drop(sleeping);
    // The hour is not over: the connection is free because the statement was canceled.
    let transaction = pool.begin(read_as("next")).await.expect("a connection").ending();
    assert_eq!(user(&transaction).await.expect("a row"), "next");
    assert_eq!(backends(&observer, "canceled").await, 1);
}
