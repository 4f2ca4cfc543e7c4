//! How many connections one key may have, and who is next.

use std::time::Duration;

use futures_util::FutureExt as _;
use pg_scope::{Error, Pool, Scope, Share, Transaction};

use super::{postgres, read_as, user};

/// A scope of a user who may have two connections at once.
fn of(name: &str) -> Scope {
    read_as(name).shares([Share { key: name.into(), max: 2 }])
}

#[tokio::test]
async fn user_has_at_most_their_share_of_connections() {
    let pool = Pool::new(postgres("shares").max_connections(4));
    let first = pool.begin(of("ada")).await.expect("a connection");
    let second = pool.begin(of("ada")).await.expect("a connection");
    let mut third = Box::pin(pool.begin(of("ada")));
    assert!((&mut third).now_or_never().is_none(), "the share is used up");
    let other = pool.begin(of("bob")).await.expect("a connection for another user");
    assert_eq!(user(&other).await.expect("a row"), "bob");
    assert_eq!(pool.status().waiting, 1);
    drop(first);
    assert_eq!(user(&third.await.expect("the freed share")).await.expect("a row"), "ada");
    drop(second);
}

#[tokio::test]
async fn user_without_a_connection_comes_before_those_that_have_some() {
    let pool = Pool::new(postgres("shares-order").max_connections(2));
    let first = pool.begin(of("ada")).await.expect("a connection");
    let bob = pool.begin(of("bob")).await.expect("a connection");
    let mut waiting = Box::pin(pool.begin(of("ada")));
    assert!((&mut waiting).now_or_never().is_none());
    let mut later = Box::pin(pool.begin(of("eve")));
    assert!((&mut later).now_or_never().is_none());
    drop(bob);
    let eve = later.await.expect("a connection");
    assert_eq!(user(&eve).await.expect("a row"), "eve");
    assert!((&mut waiting).now_or_never().is_none());
    drop((first, eve));
    waiting.await.expect("a connection").commit().await.expect("nothing was sent");
}

#[tokio::test]
async fn shares_of_dropped_transactions_and_connections_are_free_again() {
    let pool = Pool::new(postgres("shares-freed").max_connections(2));
    let observer = Pool::new(postgres("observer").max_connections(1));
    for round in 0..10 {
        let one = pool.begin(of("ada")).await.expect("a connection");
        let two = pool.begin(of("ada")).await.expect("a connection");
        user(&one).await.expect("a row");
        if round % 2 == 0 {
            let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'shares-freed'";
            let terminate = observer.begin(read_as("observer")).await.expect("a connection");
            terminate.query(sql, &[]).await.expect("rows");
            assert!(user(&one).await.is_err(), "its connection has ended");
        }
        // Its connection has ended, too. If the statement was not sent, it takes another one.
        let _ = user(&two).await;
        drop(pool.begin(of("ada")));
    }
}

#[tokio::test]
async fn transaction_that_waits_for_its_share_times_out() {
    let options = postgres("shares-timeout").acquire_timeout(Duration::from_millis(50));
    let pool = Pool::new(options);
    let held = [begun(&pool).await, begun(&pool).await];
    let result = pool.begin(of("ada")).await;
    assert!(matches!(result, Err(Error::AcquireTimeout(_))), "{result:?}");
    drop(held);
    let transaction = begun(&pool).await;
    assert_eq!(user(&transaction).await.expect("a row"), "ada");
}

/// A transaction of ada, once a connection is open: opening one may take longer than a transaction waits.
async fn begun(pool: &Pool) -> Transaction {
    let begin = async {
        loop {
            match pool.begin(of("ada")).await {
                Ok(transaction) => return transaction,
                Err(Error::AcquireTimeout(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(1), begin).await.expect("a connection in time")
}
