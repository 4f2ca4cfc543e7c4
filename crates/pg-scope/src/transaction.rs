//! A transaction of one scope.
//!
//! Nothing is sent before the first statement. The settings of the scope are sent with it.

use std::{io, sync::Arc};

use tokio::sync::{Mutex, oneshot};
use tokio_postgres::types::{ToSql, Type};
use tracing::{Instrument as _, Span};

use crate::{
    batch::{Batch, Failure, Position, QueryResult, ResultLimits, Statement},
    error::Error,
    pool::{Lease, Pool},
    scope::{Access, Scope},
};

/// A transaction. A dropped transaction is canceled and rolled back before its connection is reused.
#[derive(Debug)]
#[must_use = "a transaction that is dropped is rolled back"]
pub struct Transaction {
    state: Mutex<State>,
    pool: Pool,
    limits: ResultLimits,
    is_read_only: bool,
    ends_with_next: bool,
    span: Span,
}

enum State {
    /// The server does not know of it.
    New(Lease, Scope),
    Open(Lease),
    /// A statement of an [`ending`](Transaction::ending) transaction has returned its result.
    Committed,
    /// Rolled back, or left by a caller that was dropped.
    Ended,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::New(..) => "New",
            Self::Open(_) => "Open",
            Self::Committed => "Committed",
            Self::Ended => "Ended",
        })
    }
}

impl Transaction {
    pub(crate) fn new(pool: Pool, lease: Lease, scope: Scope) -> Self {
        let limits = scope.limits;
        let is_read_only = scope.access == Access::Read;
        let state = Mutex::new(State::New(lease, scope));
        let span = tracing::debug_span!("transaction");
        Self { state, pool, limits, is_read_only, ends_with_next: false, span }
    }

    /// The next statement is the only one, or the last: COMMIT is sent with it. If the server rejects the statement, the
    /// transaction is rolled back. After [`Error::TooLarge`] it may have been committed.
    pub fn ending(mut self) -> Self {
        self.ends_with_next = true;
        self
    }

    /// Runs a statement, with its parameters as these types.
    pub async fn query(
        &self,
        sql: &str,
        parameters: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<QueryResult, Error> {
        let parameters = parameters.iter().map(|(value, ty)| (*value, ty.clone()));
        self.run(Statement::new(sql.to_owned(), parameters)?).await
    }

    pub(crate) async fn run(&self, statement: Statement) -> Result<QueryResult, Error> {
        // The text has placeholders. Values are not recorded.
        let span = tracing::debug_span!(
            parent: &self.span,
            "sql",
            otel.kind = "client",
            db.system.name = "postgresql",
            db.query.text = &*statement.sql
        );
        async { self.state.lock().await.run(self, statement).await }.instrument(span).await
    }

    /// Commits. If the caller does not wait for the end, or if the connection fails, it is not known whether the
    /// changes last. Returns [`Error::TransactionEnded`] if the transaction was rolled back before.
    pub async fn commit(self) -> Result<(), Error> {
        let state = self.state.into_inner();
        let lease = match state {
            State::Open(lease) => lease,
            State::New(..) | State::Committed => return Ok(()),
            State::Ended => return Err(Error::TransactionEnded),
        };
        let batch = |reply| Batch {
            statements: vec![Statement::plain("COMMIT")],
            result_index: 0,
            position: Position::Later,
            is_read_only: self.is_read_only,
            limits: self.limits,
            reply,
        };
        match send_last(lease, batch).await {
            Ok(_) => Ok(()),
            Err(Failure::NotSent) => Err(Error::TransactionEnded),
            Err(Failure::Error(error)) => Err(error),
        }
    }

    pub(crate) async fn ping(pool: Pool, mut lease: Lease) -> Result<(), Error> {
        for _ in 0..pool.attempts() {
            let batch = |reply| Batch {
                statements: vec![Statement::plain("")],
                result_index: 0,
                position: Position::Whole,
                is_read_only: false,
                limits: ResultLimits::default(),
                reply,
            };
            match send_last(lease, batch).await {
                Ok(_) => return Ok(()),
                Err(Failure::NotSent) => lease = pool.lease(&Arc::default()).await?,
                Err(Failure::Error(error)) => return Err(error),
            }
        }
        Err(closed_at_once())
    }
}

/// Every connection that the pool may have was closed before anything could be sent.
fn closed_at_once() -> Error {
    let text = "the server closes each connection before it is used";
    io::Error::new(io::ErrorKind::ConnectionAborted, text).into()
}

type Reply = oneshot::Sender<Result<QueryResult, Failure>>;

async fn send(lease: &Lease, batch: impl FnOnce(Reply) -> Batch) -> Result<QueryResult, Failure> {
    let (reply, response) = oneshot::channel();
    if !lease.run(batch(reply)) {
        return Err(Failure::NotSent);
    }
    response_of(response).await
}

/// The connection is free for the next transaction as soon as the response was read, whether or not its caller has
/// noticed.
async fn send_last(
    lease: Lease,
    batch: impl FnOnce(Reply) -> Batch,
) -> Result<QueryResult, Failure> {
    let (reply, response) = oneshot::channel();
    if !lease.run(batch(reply)) {
        return Err(Failure::NotSent);
    }
    drop(lease);
    response_of(response).await
}

async fn response_of(
    response: oneshot::Receiver<Result<QueryResult, Failure>>,
) -> Result<QueryResult, Failure> {
    // Without a reply the task was stopped, with its runtime.
    response.await.unwrap_or(Err(Failure::Error(Error::TransactionEnded)))
}

impl State {
    async fn run(
        &mut self,
        transaction: &Transaction,
        statement: Statement,
    ) -> Result<QueryResult, Error> {
        let Transaction { limits, is_read_only, ends_with_next: ends, .. } = *transaction;
        let batch = |statements, result_index, position| {
            move |reply| Batch { statements, result_index, position, is_read_only, limits, reply }
        };
        // A caller that is dropped from here on leaves `Ended`, and the lease's connection rolls back.
        match std::mem::replace(self, Self::Ended) {
            Self::New(mut lease, scope) => {
                for _ in 0..transaction.pool.attempts() {
                    let (prologue, statement) = (scope.prologue.clone(), statement.clone());
                    let sent = if ends {
                        let statements = vec![prologue, statement];
                        send_last(lease, batch(statements, 1, Position::Whole)).await
                    } else {
                        let statements = vec![Statement::plain("BEGIN"), prologue, statement];
                        let sent = send(&lease, batch(statements, 2, Position::First)).await;
                        if sent.is_ok() {
                            *self = Self::Open(lease);
                        } else {
                            // Its share is free before another connection is waited for.
                            drop(lease);
                        }
                        sent
                    };
                    match sent {
                        Ok(result) => {
                            if ends {
                                *self = Self::Committed;
                            }
                            return Ok(result);
                        }
                        Err(Failure::NotSent) => {
                            lease = transaction.pool.lease(&scope.shares).await?;
                        }
                        Err(Failure::Error(error)) => return Err(error),
                    }
                }
                Err(closed_at_once())
            }
            Self::Open(lease) => {
                let sent = if ends {
                    let statements = vec![statement, Statement::plain("COMMIT")];
                    let sent = send_last(lease, batch(statements, 0, Position::Later)).await;
                    if sent.is_ok() {
                        *self = Self::Committed;
                    }
                    sent
                } else {
                    let sent = send(&lease, batch(vec![statement], 0, Position::Later)).await;
                    // After an error the server rejects what follows, but for ROLLBACK TO SAVEPOINT.
                    *self = Self::Open(lease);
                    sent
                };
                sent.map_err(|failure| match failure {
                    Failure::NotSent => Error::TransactionEnded,
                    Failure::Error(error) => error,
                })
            }
            Self::Committed | Self::Ended => Err(Error::TransactionEnded),
        }
    }
}
