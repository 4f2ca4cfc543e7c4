//! A transaction of one user, on a connection of the pool.
//!
//! Nothing is sent before the first statement: what opens the transaction travels with it. A connection
//! returns to the pool after the server has confirmed the end of the transaction, or is closed: a
//! caller who goes away leaves neither a transaction nor claims behind.

use std::time::Duration;

use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, ExecResult, ProxyExecResult, QueryResult, Statement,
};
use tokio::{runtime::Handle, sync::Mutex, time::timeout};

use tracing::{Instrument as _, Span};

use super::{
    connection::{Answer, Exchange, Opening},
    error::{broken, query_error},
    pool,
    values::{Parameters, query_result},
};

/// How long a statement may go without an answer. Longer than the server lets it run, so that this is
/// about networks that swallow what they are given.
const ANSWER_WITHIN: Duration = Duration::from_secs(12);
/// How long the database may take to respond to a ping.
const PING_WITHIN: Duration = Duration::from_secs(2);
/// How long the server may take for ROLLBACK before the connection is given up.
const ROLLBACK_WITHIN: Duration = Duration::from_secs(5);

/// A transaction of one user. Rolled back when dropped.
#[derive(Debug)]
#[must_use = "a transaction that is dropped is rolled back"]
pub struct UserTransaction {
    guarded: Mutex<Guarded>,
    is_ending: bool,
    span: Span,
}

impl UserTransaction {
    pub(super) fn new(connection: pool::Connection, opening: Opening) -> Self {
        let role = opening.role;
        let guarded = Guarded { connection: Some(connection), opening: Some(opening) };
        let span = tracing::debug_span!("transaction", db.role = role);
        Self { guarded: Mutex::new(guarded), is_ending: false, span }
    }

    /// The next statement is the only one, or the last. What ends the transaction travels with it, so
    /// that nobody waits for that. If the statement fails, the server takes the transaction back.
    pub fn ending(mut self) -> Self {
        self.is_ending = true;
        self
    }

    /// Makes the changes last. An error, or a caller who goes away meanwhile, leaves open whether
    /// they do: the server may have finished what it was told.
    pub async fn commit(self) -> Result<(), DbErr> {
        let mut guarded = self.guarded.into_inner();
        if guarded.is_open() {
            let committed = timeout(ANSWER_WITHIN, guarded.connection()?.commit()).await;
            committed.map_err(|_| broken("COMMIT was not answered"))?.map_err(query_error)?;
            guarded.release();
        }
        Ok(())
    }

    async fn run(&self, statement: Statement) -> Result<Answer, DbErr> {
        let parameters = Parameters::new(statement.values)?;
        // The text has placeholders; values are never told.
        let span = tracing::debug_span!(
            parent: &self.span,
            "sql",
            otel.kind = "client",
            db.system.name = "postgresql",
            db.query.text = statement.sql
        );
        let running = async {
            self.guarded.lock().await.run(&statement.sql, &parameters, self.is_ending).await
        };
        running.instrument(span).await
    }
}

/// Whether the database responds.
pub(super) async fn ping(connection: pool::Connection) -> Result<(), DbErr> {
    let mut guarded = Guarded { connection: Some(connection), opening: None };
    let pinged = timeout(PING_WITHIN, guarded.connection()?.ping()).await;
    pinged.map_err(|_| broken("nothing was answered"))?.map_err(query_error)?;
    guarded.release();
    Ok(())
}

/// A connection that is, or may be, inside a transaction, or has a response outstanding.
#[derive(Debug)]
struct Guarded {
    connection: Option<pool::Connection>,
    /// Until it was sent.
    opening: Option<Opening>,
}

impl Guarded {
    fn connection(&mut self) -> Result<&mut pool::Connection, DbErr> {
        self.connection.as_mut().ok_or_else(|| broken("the transaction is over"))
    }

    /// Whether the server may know of it.
    fn is_open(&self) -> bool {
        self.connection.is_some() && self.opening.is_none()
    }

    /// Back to the pool: the server has nothing of this transaction.
    fn release(&mut self) {
        self.connection = None;
    }

    async fn run(
        &mut self,
        sql: &str,
        parameters: &Parameters,
        ends: bool,
    ) -> Result<Answer, DbErr> {
        // Taken before anything is sent: from here on the server may know of it.
        let opening = self.opening.take();
        if opening.is_none() && self.connection()?.is_idle() {
            // It failed as it began: what follows must not run by itself, without claims.
            return Err(broken("the transaction is over"));
        }
        let exchange = Exchange { opening: opening.as_ref(), sql, parameters, ends };
        let answer = timeout(ANSWER_WITHIN, self.connection()?.exchange(exchange)).await;
        let answer = answer.map_err(|_| broken("a statement was not answered"))?;
        let answer = answer.map_err(query_error)?;
        if ends {
            self.release();
        }
        Ok(answer)
    }
}

impl Drop for Guarded {
    /// Nobody waits for the ROLLBACK: the answer is on its way already.
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take().filter(|open| !open.is_idle()) else {
            return;
        };
        let Ok(runtime) = Handle::try_current() else {
            return pool::discard(connection);
        };
        runtime.spawn(async move {
            let ended = timeout(ROLLBACK_WITHIN, connection.clean()).await;
            if !matches!(ended, Ok(Ok(()))) {
                pool::discard(connection);
            }
        });
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for UserTransaction {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Postgres
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let rows_affected = self.run(statement).await?.rows_affected;
        Ok(ProxyExecResult { last_insert_id: 0, rows_affected }.into())
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.execute_raw(Statement::from_string(DbBackend::Postgres, sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.run(statement).await?.rows.first().map(query_result).transpose()
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.run(statement).await?.rows.iter().map(query_result).collect()
    }
}
