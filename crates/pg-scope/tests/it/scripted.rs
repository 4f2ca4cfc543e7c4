//! Every order of messages that a server may send.

use std::time::Duration;

use pg_scope::{Error, Options, Pool, ResultLimits, SqlState, types::Type};
use tokio::time::timeout;

use super::{
    read_as,
    server::{
        Response, Server, bound, complete, copy_in, error, fatal, first_bool, first_command,
        first_run, later_run, notice, parameter_status, prepared, ready, row, stale_plan,
    },
    write_as,
};

/// For what must happen, on a machine that has much else to do.
const GENEROUS: Duration = Duration::from_mins(1);

fn pool(server: &Server) -> Pool {
    let options = Options::from_url(server.url()).expect("a URL").max_connections(1);
    let options = options.prepared_statements_setting("A_VARIABLE");
    Pool::new(options.acquire_timeout(GENEROUS).connect_timeout(GENEROUS))
}

/// A whole transaction of one statement. Returns its first value.
async fn whole(pool: &Pool) -> Result<String, Error> {
    let transaction = pool.begin(write_as("ada")).await?.ending();
    transaction.query("SELECT 'a'", &[]).await?.rows[0].get(0)
}

/// The response to the first whole transaction of a connection.
fn first_whole(text: &str) -> Vec<u8> {
    [first_run(""), first_run(text), ready(b'I')].concat()
}

fn later_whole(text: &str) -> Vec<u8> {
    [later_run(""), later_run(text), ready(b'I')].concat()
}

#[tokio::test]
async fn error_before_rows_leaves_connection_in_use() {
    let failing = [first_run(""), error("42P01", "no such table"), ready(b'I')].concat();
    let server = Server::start([
        Response::Send(failing),
        Response::Send([later_run(""), first_run("a"), ready(b'I')].concat()),
    ])
    .await;
    let pool = pool(&server);
    let failed = whole(&pool).await.expect_err("an error");
    assert_eq!(failed.code().map(SqlState::code), Some("42P01"));
    assert_eq!(failed.to_string(), "no such table (42P01). hint");
    assert_eq!(whole(&pool).await.expect("a value"), "a");
    assert_eq!(server.connections(), 1);
    // The statement that failed while it was prepared is closed, and prepared by another name.
    let second = server.batches()[1].clone();
    assert!(second[0].starts_with("close s") && second[0].ends_with("_2"), "{second:?}");
    assert_eq!(second[1..], ["SELECT 'a'"]);
}

#[tokio::test]
async fn error_after_rows_discards_them() {
    let rows = [prepared(), bound(), row("a"), error("22012", "division by zero")].concat();
    let server = Server::start([
        Response::Send([first_run(""), rows, ready(b'I')].concat()),
        Response::Send(later_whole("b")),
    ])
    .await;
    let pool = pool(&server);
    assert!(matches!(whole(&pool).await, Err(Error::Db(_))));
    assert_eq!(whole(&pool).await.expect("a value"), "b");
}

#[tokio::test]
async fn fatal_inside_a_response_keeps_its_reason() {
    let dying = [prepared(), bound(), row("a"), fatal("57P01", "shutting down")].concat();
    let server = Server::start([
        Response::SendAndClose([first_run(""), dying].concat()),
        Response::Send(first_whole("b")),
    ])
    .await;
    let pool = pool(&server);
    let failed = whole(&pool).await.expect_err("an error");
    assert_eq!(failed.code().map(SqlState::code), Some("57P01"));
    assert_eq!(whole(&pool).await.expect("a value"), "b");
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn notices_and_parameters_may_come_anywhere() {
    let (one, two) = (first_run(""), first_run("a"));
    let between = [notice(), one, parameter_status(), notice(), two, ready(b'I')].concat();
    let behind = [between, parameter_status(), notice()].concat();
    let server = Server::start([Response::Send(behind), Response::Send(later_whole("b"))]).await;
    let pool = pool(&server);
    assert_eq!(whole(&pool).await.expect("a value"), "a");
    assert_eq!(whole(&pool).await.expect("a value"), "b");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn response_in_single_bytes_is_read() {
    let server = Server::start([Response::SendSlowly(first_whole("a"))]).await;
    assert_eq!(whole(&pool(&server)).await.expect("a value"), "a");
}

#[tokio::test]
async fn half_a_message_is_an_error_and_not_a_row() {
    let whole_row = row("a");
    let half = [first_run(""), prepared(), bound(), whole_row[..whole_row.len() - 1].to_vec()];
    let server =
        Server::start([Response::SendAndClose(half.concat()), Response::Send(first_whole("b"))])
            .await;
    let pool = pool(&server);
    assert!(matches!(whole(&pool).await, Err(Error::Io(_))));
    assert_eq!(whole(&pool).await.expect("a value"), "b");
}

#[tokio::test]
async fn copy_is_a_protocol_error_and_ends_the_connection() {
    let copying = [first_run(""), prepared(), bound(), copy_in()].concat();
    let server = Server::start([Response::Send(copying), Response::Send(first_whole("b"))]).await;
    let pool = pool(&server);
    assert!(matches!(whole(&pool).await, Err(Error::Protocol(_))));
    assert_eq!(whole(&pool).await.expect("a value"), "b");
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn stale_plan_and_conflicts_are_sent_once_more() {
    let failures = [
        (stale_plan(), [later_run(""), first_run("b")]),
        // All names are unknown then.
        (error("26000", "no"), [first_run(""), first_run("b")]),
        (error("40001", "no"), [later_run(""), later_run("b")]),
        (error("40P01", "no"), [later_run(""), later_run("b")]),
    ];
    for (failure, again) in failures {
        let failing = [later_run(""), failure, ready(b'I')].concat();
        let server = Server::start([
            Response::Send(first_whole("a")),
            Response::Send(failing.clone()),
            Response::Send([again.concat(), ready(b'I')].concat()),
            Response::Send(failing.clone()),
            Response::Send(failing),
        ])
        .await;
        let pool = pool(&server);
        assert_eq!(whole(&pool).await.expect("a value"), "a");
        assert_eq!(whole(&pool).await.expect("a value"), "b");
        // Once more, and not again.
        match whole(&pool).await.expect_err("an error") {
            // A pooler in transaction mode, which the error names.
            error @ Error::PreparedStatementLost { .. } => {
                assert_eq!(error.code().map(SqlState::code), Some("26000"));
                assert!(error.to_string().contains("(A_VARIABLE)"), "{error}");
            }
            error => assert!(matches!(&error, Error::Db(db) if db.code().code() != "26000")),
        }
        assert_eq!(server.batches().len(), 5);
        assert_eq!(server.connections(), 1);
    }
}

#[tokio::test]
async fn other_errors_are_not_sent_again() {
    for code in ["0A000", "23505", "25P02", "57014"] {
        let failing = [first_run(""), error(code, "no"), ready(b'I')].concat();
        let server = Server::start([Response::Send(failing)]).await;
        assert!(matches!(whole(&pool(&server)).await, Err(Error::Db(_))));
        assert_eq!(server.batches().len(), 1, "{code}");
    }
}

#[tokio::test]
async fn conflict_inside_a_longer_transaction_is_not_sent_again() {
    let opened = [first_command("BEGIN"), first_run(""), first_run("a"), ready(b'T')].concat();
    let rolled_back = [first_command("ROLLBACK"), ready(b'I')].concat();
    let server = Server::start([
        Response::Send(opened),
        Response::Send([bound(), error("40001", "no"), ready(b'E')].concat()),
        Response::Send(rolled_back),
    ])
    .await;
    let pool = pool(&server);
    let transaction = pool.begin(write_as("ada")).await.expect("a connection");
    transaction.query("SELECT 'a'", &[]).await.expect("rows");
    assert!(matches!(transaction.query("SELECT 'a'", &[]).await, Err(Error::Db(_))));
    drop(transaction);
    until(|| server.batches().len() == 3).await;
    assert_eq!(server.batches()[2], ["ROLLBACK"]);
}

#[tokio::test]
async fn commit_of_a_failed_block_is_an_error() {
    let opened = [first_command("BEGIN"), first_run(""), first_run("a"), ready(b'T')].concat();
    let server = Server::start([
        Response::Send(opened),
        Response::Send([first_command("ROLLBACK"), ready(b'I')].concat()),
    ])
    .await;
    let pool = pool(&server);
    let transaction = pool.begin(write_as("ada")).await.expect("a connection");
    transaction.query("SELECT 'a'", &[]).await.expect("rows");
    assert!(matches!(transaction.commit().await, Err(Error::RolledBack)));
}

#[tokio::test]
async fn write_in_a_read_only_scope_keeps_the_connection() {
    let failing = [first_run(""), error("25006", "read-only"), ready(b'I')].concat();
    let server = Server::start([
        Response::Send(failing),
        Response::Send([later_run(""), first_run("b"), ready(b'I')].concat()),
    ])
    .await;
    let pool = pool(&server);
    for expected_failure in [true, false] {
        let transaction = pool.begin(read_as("ada")).await.expect("a connection").ending();
        let result = transaction.query("SELECT 'a'", &[]).await;
        assert_eq!(matches!(result, Err(Error::ReadOnlyScope(_))), expected_failure);
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn demoted_server_ends_the_connection() {
    let failing = [first_run(""), error("25006", "read-only"), ready(b'I')].concat();
    let by_no_setting = [first_bool(false), ready(b'I')].concat();
    let server = Server::start([
        Response::Send(failing),
        Response::Send(by_no_setting),
        Response::Send(first_whole("b")),
    ])
    .await;
    let pool = pool(&server);
    assert!(matches!(whole(&pool).await, Err(Error::Db(_))));
    assert_eq!(whole(&pool).await.expect("a value"), "b");
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn read_only_setting_keeps_the_connection() {
    let failing = [first_run(""), error("25006", "read-only"), ready(b'I')].concat();
    let by_setting = [first_bool(true), ready(b'I')].concat();
    let later = [later_run(""), first_run("b"), ready(b'I')].concat();
    let server =
        Server::start([Response::Send(failing), Response::Send(by_setting), Response::Send(later)])
            .await;
    let pool = pool(&server);
    let failed = whole(&pool).await.expect_err("an error");
    assert!(matches!(failed, Error::ReadOnlySetting(_)));
    assert!(failed.to_string().contains("default_transaction_read_only"), "{failed}");
    assert_eq!(whole(&pool).await.expect("a value"), "b");
    assert_eq!(server.connections(), 1);
}

/// An open transaction, whose second statement gets this response.
async fn second_statement_is_control(second: Vec<u8>) {
    let opened = [first_command("BEGIN"), first_run(""), first_run("a"), ready(b'T')].concat();
    let server = Server::start([
        Response::Send(opened),
        Response::Send(second),
        Response::Send(first_whole("b")),
    ])
    .await;
    let pool = pool(&server);
    let transaction = pool.begin(write_as("ada")).await.expect("a connection");
    transaction.query("SELECT 'a'", &[]).await.expect("rows");
    let failed = transaction.query("SELECT 'a'", &[]).await;
    assert!(matches!(failed, Err(Error::TransactionControl)), "{failed:?}");
    assert!(matches!(transaction.query("SELECT 'a'", &[]).await, Err(Error::TransactionEnded)));
    drop(transaction);
    assert_eq!(whole(&pool).await.expect("a value"), "b");
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn statement_that_ends_its_transaction_ends_the_connection() {
    // COMMIT, as ReadyForQuery tells.
    second_statement_is_control([later_run("a"), ready(b'I')].concat()).await;
    // COMMIT AND CHAIN: a transaction is open, and it is another one.
    second_statement_is_control([bound(), complete("COMMIT"), ready(b'T')].concat()).await;
}

#[tokio::test]
async fn row_is_rejected_before_it_is_received() {
    let announced = [first_run(""), prepared(), bound(), b"D\0\x01\0\x04".to_vec()].concat();
    let body = vec![0; 0x1_0000];
    let rest = [body, error("57014", "canceled"), ready(b'I')].concat();
    let server = Server::start([
        // The body is not sent before the caller has seen its length.
        Response::SendAfterCancels(1, announced, rest),
        Response::Send(later_whole("b")),
    ])
    .await;
    let pool = pool(&server);
    let limits = ResultLimits { max_bytes: 1_000, ..ResultLimits::default() };
    let scope = write_as("ada").limits(limits);
    let transaction = pool.begin(scope).await.expect("a connection").ending();
    let failed = transaction.query("SELECT 'a'", &[]).await;
    assert!(matches!(failed, Err(Error::TooLarge { limit: 1_000, unit: "bytes" })), "{failed:?}");
    assert_eq!(whole(&pool).await.expect("a value"), "b");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn too_large_result_of_a_committed_change_is_an_error_of_its_own() {
    let limits = ResultLimits { max_rows: 1, ..ResultLimits::default() };
    for (scope, is_committed) in [(write_as("ada"), true), (read_as("ada"), false)] {
        // The cancel request comes too late.
        let rows = [first_run(""), prepared(), bound(), row("a"), row("b")].concat();
        let rest = [complete("INSERT 0 2"), ready(b'I')].concat();
        let server = Server::start([Response::SendAfterCancels(1, rows, rest)]).await;
        let pool = pool(&server);
        let transaction = pool.begin(scope.limits(limits)).await.expect("a connection").ending();
        let failed = transaction.query("SELECT 'a'", &[]).await.expect_err("an error");
        let says_so = matches!(failed, Error::CommittedTooLarge { limit: 1, unit: "rows" });
        assert_eq!(says_so, is_committed, "{failed}");
    }
}

#[tokio::test]
async fn upload_that_makes_progress_is_not_silence() {
    let server = Server::start([Response::Send(first_whole("a"))]).await;
    server.read_slowly(Duration::from_millis(100));
    let options = Options::from_url(server.url()).expect("a URL").max_connections(1);
    // The whole upload takes several times as long.
    let pool = Pool::new(options.response_timeout(Duration::from_secs(2)));
    let text = "x".repeat(64 * 1024 * 1024);
    let transaction = pool.begin(write_as("ada")).await.expect("a connection").ending();
    let result = transaction.query("SELECT 'a'", &[(&text, Type::TEXT)]).await;
    assert_eq!(result.expect("rows").rows[0].get::<&str>(0).expect("a text"), "a");
}

#[tokio::test]
async fn too_large_results_are_canceled_and_discarded() {
    let limits = [
        (ResultLimits { max_rows: 2, ..ResultLimits::default() }, "2 rows"),
        (ResultLimits { max_bytes: 12, ..ResultLimits::default() }, "12 bytes"),
    ];
    for (limits, expected) in limits {
        let rows = [first_run(""), prepared(), bound(), row("a"), row("b"), row("c")].concat();
        let rest = [row("d"), error("57014", "canceled"), ready(b'I')].concat();
        let server = Server::start([
            Response::SendAfterCancels(1, rows, rest),
            Response::Send(later_whole("b")),
        ])
        .await;
        let pool = pool(&server);
        let scope = write_as("ada").limits(limits);
        let transaction = pool.begin(scope).await.expect("a connection").ending();
        let failed = transaction.query("SELECT 'a'", &[]).await.expect_err("an error");
        assert!(failed.to_string().contains(expected), "{failed}");
        assert_eq!(whole(&pool).await.expect("a value"), "b");
        assert!(server.cancels() >= 1);
        assert_eq!(server.connections(), 1);
    }
}

#[tokio::test]
async fn caller_that_is_gone_cancels_and_gets_no_successors_rows() {
    let unfinished = [first_run(""), prepared(), bound(), row("of the first")].concat();
    let rest = [row("of the first, too"), error("57014", "canceled"), ready(b'I')].concat();
    let server = Server::start([
        Response::SendAfterCancels(1, unfinished, rest),
        Response::Send(later_whole("of the second")),
    ])
    .await;
    let pool = pool(&server);
    abort_first_caller(&pool, &server).await;
    assert_eq!(whole(&pool).await.expect("a value"), "of the second");
    assert!(server.cancels() >= 1);
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn lost_cancel_request_is_repeated() {
    let unfinished = [first_run(""), prepared(), bound()].concat();
    let rest = [error("57014", "canceled"), ready(b'I')].concat();
    let server = Server::start([
        Response::SendAfterCancels(3, unfinished, rest),
        Response::Send(later_whole("b")),
    ])
    .await;
    let pool = pool(&server);
    abort_first_caller(&pool, &server).await;
    assert_eq!(whole(&pool).await.expect("a value"), "b");
    assert!(server.cancels() >= 3);
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn statement_that_cannot_be_canceled_costs_its_connection() {
    let unfinished = [first_run(""), prepared(), bound()].concat();
    let server = Server::start([
        Response::SendAfterCancels(usize::MAX, unfinished, Vec::new()),
        Response::Send(first_whole("b")),
    ])
    .await;
    let pool = pool(&server);
    abort_first_caller(&pool, &server).await;
    assert_eq!(whole(&pool).await.expect("a value"), "b");
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn server_that_closes_every_connection_is_an_error() {
    let server = Server::start([]).await;
    server.close_after_handshake();
    let error = whole(&pool(&server)).await.expect_err("an error");
    assert!(matches!(error, Error::Io(_) | Error::Connect(_)), "{error:?}");
}

#[tokio::test]
async fn connection_that_ended_while_idle_is_replaced_unseen() {
    let server =
        Server::start([Response::SendAndClose(first_whole("a")), Response::Send(first_whole("b"))])
            .await;
    let pool = pool(&server);
    assert_eq!(whole(&pool).await.expect("a value"), "a");
    assert_eq!(whole(&pool).await.expect("a value"), "b");
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn failed_begin_lets_no_statement_run_without_its_scope() {
    let failing = [error("26000", "no such statement"), ready(b'I')].concat();
    let server = Server::start([Response::Send(failing)]).await;
    let pool = pool(&server);
    let transaction = pool.begin(write_as("ada")).await.expect("a connection");
    let failed = transaction.query("SELECT 'a'", &[]).await;
    assert!(matches!(failed, Err(Error::PreparedStatementLost { .. })));
    assert!(matches!(transaction.query("SELECT 'a'", &[]).await, Err(Error::TransactionEnded)));
    assert_eq!(server.batches().len(), 1);
}

/// Starts a transaction, and aborts it when the server has received it.
async fn abort_first_caller(pool: &Pool, server: &Server) {
    let pool = pool.clone();
    let first = tokio::spawn(async move { whole(&pool).await });
    until(|| server.batches().len() == 1).await;
    first.abort();
}

async fn until(condition: impl Fn() -> bool) {
    let waiting = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(GENEROUS, waiting).await.expect("the condition holds in time");
}
