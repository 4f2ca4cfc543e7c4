//! Transactions on a real server.

use std::{env, time::Duration};

use pg_scope::{Error, Options, Pool, ResultLimits, types::Type};

use super::{backends, postgres, read_as, user, write_as};

#[tokio::test]
async fn scope_ends_with_its_transaction() {
    let pool = Pool::new(postgres("scope-ends").max_connections(1));
    let transaction = pool.begin(write_as("ada")).await.expect("a connection");
    assert_eq!(user(&transaction).await.expect("a row"), "ada");
    transaction.commit().await.expect("a commit");
    let transaction = pool.begin(write_as("bob")).await.expect("a connection").ending();
    assert_eq!(user(&transaction).await.expect("a row"), "bob");
}

#[tokio::test]
async fn read_scope_rejects_writes() {
    let pool = Pool::new(postgres("read-scope"));
    let transaction = pool.begin(read_as("ada")).await.expect("a connection").ending();
    let result = transaction.query("CREATE TABLE never_made (id bigint)", &[]).await;
    assert!(matches!(result, Err(Error::ReadOnlyScope(_))), "{result:?}");
}

#[tokio::test]
async fn statement_after_a_failed_one_fails() {
    let pool = Pool::new(postgres("failed-block"));
    let transaction = pool.begin(write_as("ada")).await.expect("a connection");
    user(&transaction).await.expect("a row");
    assert!(transaction.query("SELECT 1 / 0", &[]).await.is_err());
    assert!(user(&transaction).await.is_err());
    assert!(matches!(transaction.commit().await, Err(Error::RolledBack)));
}

#[tokio::test]
async fn commit_after_a_dropped_statement_is_an_error() {
    let pool = Pool::new(postgres("dropped-statement"));
    let transaction = pool.begin(write_as("ada")).await.expect("a connection");
    user(&transaction).await.expect("a row");
    let sleeping = transaction.query("SELECT pg_sleep(3600)", &[]);
    assert!(tokio::time::timeout(Duration::from_millis(50), sleeping).await.is_err());
    // The change of before is rolled back: this must not look like a success.
    assert!(matches!(transaction.commit().await, Err(Error::TransactionEnded)));
}

#[tokio::test]
async fn commit_after_the_ending_statement_succeeds() {
    let pool = Pool::new(postgres("ending-statement"));
    let transaction = pool.begin(write_as("ada")).await.expect("a connection").ending();
    user(&transaction).await.expect("a row");
    transaction.commit().await.expect("it was committed");
}

#[test]
fn runtime_that_stops_with_waiting_transactions_does_not_hang() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let pool = Pool::new(postgres("stopped").max_connections(1));
        let held = pool.begin(read_as("ada")).await.expect("a connection");
        user(&held).await.expect("a row");
        for _ in 0..8 {
            let pool = pool.clone();
            tokio::spawn(async move { pool.begin(read_as("bob")).await.map(drop) });
        }
        tokio::task::yield_now().await;
        std::mem::forget(held);
    });
    drop(runtime);
}

#[tokio::test]
async fn transaction_control_in_the_text_is_rejected() {
    let pool = Pool::new(postgres("control-in-text"));
    for sql in ["COMMIT", "/* so */ commit AND CHAIN", "; ROLLBACK", "BEGIN", "SAVEPOINT s1"] {
        let transaction = pool.begin(write_as("ada")).await.expect("a connection");
        let rejected = transaction.query(sql, &[]).await;
        assert!(matches!(rejected, Err(Error::TransactionControl)), "{sql}: {rejected:?}");
        // It was not run, and the scope holds.
        assert_eq!(user(&transaction).await.expect("a row"), "ada");
        let rejected = transaction.ending().query(sql, &[]).await;
        assert!(matches!(rejected, Err(Error::TransactionControl)), "{sql}: {rejected:?}");
    }
}

#[tokio::test]
async fn procedural_commit_is_an_error() {
    let pool = Pool::new(postgres("procedural-commit").max_connections(1));
    let sql = "DO $$ BEGIN COMMIT; RAISE 'ran as %', current_setting('app.user', true); END $$";
    for ends in [true, false] {
        let transaction = pool.begin(write_as("ada")).await.expect("a connection");
        let transaction = if ends { transaction.ending() } else { transaction };
        let error = transaction.query(sql, &[]).await.expect_err("an error");
        assert_eq!(error.code().map(pg_scope::SqlState::code), Some("2D000"), "{error}");
        drop(transaction);
        let next = pool.begin(read_as("bob")).await.expect("a connection").ending();
        assert_eq!(user(&next).await.expect("a row"), "bob");
    }
    let transaction = pool.begin(write_as("ada")).await.expect("a connection").ending();
    let sql = "DO $$ BEGIN ASSERT current_setting('app.user') = 'ada'; END $$";
    transaction.query(sql, &[]).await.expect("a block without a commit runs");
    transaction.commit().await.expect("it was committed");
}

#[tokio::test]
async fn read_only_setting_is_named_and_keeps_the_connection() {
    let url = env::var("TEST_DATABASE_URL").expect("TEST_DATABASE_URL");
    let separator = if url.contains('?') { '&' } else { '?' };
    let url = format!("{url}{separator}options=-cdefault_transaction_read_only%3Don");
    let pool = Pool::new(Options::from_url(&url).expect("a URL").max_connections(1));
    let backend = async || {
        let transaction = pool.begin(write_as("ada")).await.expect("a connection").ending();
        let result = transaction.query("SELECT pg_backend_pid()", &[]).await.expect("rows");
        result.decode::<(i32,)>().expect("a number")
    };
    let before = backend().await;
    for ends in [true, false] {
        let transaction = pool.begin(write_as("ada")).await.expect("a connection");
        let transaction = if ends { transaction.ending() } else { transaction };
        let error = transaction.query("CREATE TABLE never_made ()", &[]).await.expect_err("error");
        assert!(matches!(error, Error::ReadOnlySetting(_)), "{error}");
        drop(transaction);
        assert_eq!(backend().await, before);
    }
}

#[tokio::test]
async fn large_batch_is_written_while_its_response_is_read() {
    // The server sends the first column's rows while the parameter is still being written.
    let pool = Pool::new(postgres("duplex"));
    let text = "x".repeat(8 * 1024 * 1024);
    let transaction = pool.begin(read_as("ada")).await.expect("a connection").ending();
    let sql = "SELECT $1 FROM generate_series(1, 4)";
    let result = transaction.query(sql, &[(&text, Type::TEXT)]).await.expect("rows");
    assert_eq!(result.rows.len(), 4);
    assert_eq!(result.rows[3].get::<&str>(0).expect("a text"), text);
}

#[tokio::test]
async fn limits_hold_for_each_result() {
    let pool = Pool::new(postgres("limits"));
    let limits = ResultLimits { max_rows: 1_000, max_bytes: 64 * 1024 };
    for (sql, expected) in [
        ("SELECT generate_series(1, 100000000)", "1000 rows"),
        ("SELECT repeat('x', 1000) FROM generate_series(1, 1000)", "65536 bytes"),
    ] {
        let scope = read_as("ada").limits(limits);
        let transaction = pool.begin(scope).await.expect("a connection").ending();
        let failed = transaction.query(sql, &[]).await.expect_err("an error");
        assert!(failed.to_string().contains(expected), "{failed}");
    }
}

#[tokio::test]
async fn changed_table_is_read_at_once() {
    let pool = Pool::new(postgres("changed-table").max_connections(1));
    let run = async |sql: &str| {
        let transaction = pool.begin(write_as("ada")).await.expect("a connection").ending();
        transaction.query(sql, &[]).await
    };
    let table = format!("changed_{}", std::process::id());
    run(&format!("CREATE TABLE {table} (a bigint)")).await.expect("a table");
    let select = format!("SELECT * FROM {table}");
    run(&select).await.expect("rows");
    run(&format!("ALTER TABLE {table} ADD b text")).await.expect("a column");
    run(&select).await.expect("rows, although the prepared plan is stale");
    run(&format!("DROP TABLE {table}")).await.expect("no table");
}

#[tokio::test]
async fn pool_never_has_more_connections_than_its_maximum() {
    let options = postgres("bounded").max_connections(3);
    let pool = Pool::new(options.acquire_timeout(Duration::from_mins(1)));
    let observer = Pool::new(postgres("observer-3").max_connections(1));
    let all = futures_util::future::join_all((0..40).map(async |number| {
        let transaction = pool.begin(read_as("ada")).await.expect("a connection");
        if number % 3 == 0 {
            return;
        }
        transaction.query("SELECT pg_sleep(0.01)", &[]).await.expect("a row");
        assert!(backends(&observer, "bounded").await <= 3);
    }));
    all.await;
    assert_eq!(pool.status().waiting, 0);
}

#[tokio::test]
async fn unreachable_database_fails_every_waiting_transaction() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = port.local_addr().expect("an address").port();
    let url = format!("postgres://nobody@127.0.0.1:{port}/none");
    let options = Options::from_url(&url).expect("a URL").max_connections(1);
    let pool = Pool::new(options.acquire_timeout(Duration::from_mins(1)));
    let all = (0..8).map(|_| pool.begin(read_as("ada")));
    for result in futures_util::future::join_all(all).await {
        assert!(matches!(result, Err(Error::Connect(_))), "{result:?}");
    }
}

#[tokio::test]
async fn closed_pool_refuses_transactions_and_has_no_connections() {
    let observer = Pool::new(postgres("observer-4").max_connections(1));
    let pool = Pool::new(postgres("closed").max_connections(3));
    let held: Vec<_> = (0..3).map(|_| pool.begin(read_as("ada"))).collect();
    let held = futures_util::future::join_all(held).await;
    for transaction in &held {
        user(transaction.as_ref().expect("a connection")).await.expect("a row");
    }
    assert_eq!(backends(&observer, "closed").await, 3);
    let ((), ()) = tokio::join!(pool.close(), async { drop(held) });
    assert_eq!(backends(&observer, "closed").await, 0);
    assert!(matches!(pool.begin(read_as("ada")).await, Err(Error::PoolClosed)));
}

#[tokio::test]
async fn full_pool_is_told_from_an_unavailable_database() {
    let options = postgres("full").max_connections(1);
    let pool = Pool::new(options.acquire_timeout(Duration::from_millis(10)));
    let mut held = pool.begin(read_as("ada")).await;
    while held.is_err() {
        held = pool.begin(read_as("ada")).await;
    }
    let exhausted = pool.begin(read_as("bob")).await;
    assert!(matches!(exhausted, Err(Error::PoolExhausted(_))), "{exhausted:?}");
    assert!(matches!(pool.ping(Duration::from_millis(1)).await, Err(Error::PoolExhausted(_))));
    drop(held);
    // A database that accepts connections and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("an address").port();
    let options = Options::from_url(&format!("postgres://nobody@127.0.0.1:{port}/none"));
    let options = options.expect("a URL").max_connections(1);
    let pool = Pool::new(options.acquire_timeout(Duration::from_millis(10)));
    let waited = pool.begin(read_as("ada")).await;
    assert!(matches!(waited, Err(Error::AcquireTimeout(_))), "{waited:?}");
}
