//! A transaction of one scope.
//!
//! Nothing is sent before the first statement. The settings of the scope are sent with it.

use std::{
    io,
    sync::{Arc, MutexGuard, PoisonError},
};

use tokio::sync::{Mutex, oneshot};
use tokio_postgres::types::{ToSql, Type};
use tracing::{Instrument as _, Span};

use crate::{
    batch::{Batch, Failure, Position, QueryResult, ResultLimits, Statement, TransactionStatus},
    command::Effect,
    error::Error,
    nested::{NestedTransaction, Nesting},
    pool::{Lease, Pool},
    scope::{Access, Scope},
};

/// A transaction. A dropped transaction is canceled and rolled back before its connection is reused.
#[derive(Debug)]
#[must_use = "a transaction that is dropped is rolled back"]
pub struct Transaction {
    /// Nested transactions own no part of it: they end with this one.
    inner: Arc<Inner>,
    ends_with_next: bool,
}

/// What a transaction shares with the transactions nested in it.
#[derive(Debug)]
pub(crate) struct Inner {
    state: Mutex<State>,
    nesting: std::sync::Mutex<Nesting>,
    pool: Pool,
    limits: ResultLimits,
    is_read_only: bool,
    span: Span,
}

enum State {
    /// The server does not know of it.
    New(Lease, Scope),
    Open(Open),
    /// A statement of an [`ending`](Transaction::ending) transaction has returned its result.
    Committed,
    /// Rolled back, or left by a caller that was dropped.
    Ended,
}

/// A transaction that the server has begun.
pub(crate) struct Open {
    lease: Lease,
    /// The nested transactions that have a savepoint, outermost first. Some may have been dropped.
    pub savepoints: Vec<u64>,
    /// The server rejects everything but ROLLBACK.
    pub is_failed: bool,
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
        let nesting = std::sync::Mutex::default();
        let inner = Inner { state, nesting, pool, limits, is_read_only, span };
        Self { inner: Arc::new(inner), ends_with_next: false }
    }

    /// The next statement is the only one, or the last: COMMIT is sent with it. If the server rejects the statement, the
    /// transaction is rolled back. [`Error::CommittedTooLarge`] says that it was committed.
    pub fn ending(mut self) -> Self {
        self.ends_with_next = true;
        self
    }

    /// Runs a statement, with its parameters as these types.
    ///
    /// Fails with [`Error::NestedTransaction`] while a nested transaction is open.
    pub async fn query(
        &self,
        sql: &str,
        parameters: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<QueryResult, Error> {
        self.run(Statement::with_parameters(sql, parameters)?).await
    }

    pub(crate) async fn run(&self, statement: Statement) -> Result<QueryResult, Error> {
        self.inner.run(None, statement, self.ends_with_next).await
    }

    /// Begins a nested transaction. Its savepoint is sent with its first statement. Nothing runs on this transaction
    /// before the nested one is committed, rolled back or dropped.
    pub fn begin_nested(&self) -> Result<NestedTransaction, Error> {
        self.nest(Vec::new())
    }

    /// `settings` are commands that follow the savepoint.
    pub(crate) fn nest(&self, settings: Vec<String>) -> Result<NestedTransaction, Error> {
        if self.ends_with_next {
            return Err(Error::NestedTransaction("an ending transaction runs one statement"));
        }
        NestedTransaction::begin(&self.inner, None, settings)
    }

    /// Commits. If the caller does not wait for the end, or if the connection fails, it is not known whether the
    /// changes last. Returns [`Error::TransactionEnded`] if the transaction was rolled back before, and rolls back with
    /// [`Error::NestedTransaction`] if a nested transaction is open.
    pub async fn commit(self) -> Result<(), Error> {
        let mut state = self.inner.state.lock().await;
        self.inner.nesting().check(None)?;
        let mut open = match std::mem::replace(&mut *state, State::Ended) {
            State::Open(open) => open,
            State::New(..) | State::Committed => return Ok(()),
            State::Ended => return Err(Error::TransactionEnded),
        };
        let mut statements = self.inner.nesting().align(&mut open);
        statements.push(Statement::plain("COMMIT"));
        let batch = self.inner.batch(statements, 0, Position::Last);
        send_last(open.lease, batch).await.map(drop).map_err(Failure::into_error)
    }

    /// Rolls back, and returns when the server has done so. A dropped transaction is rolled back, too.
    pub async fn rollback(self) -> Result<(), Error> {
        let mut state = self.inner.state.lock().await;
        let State::Open(open) = std::mem::replace(&mut *state, State::Ended) else {
            return Ok(());
        };
        let statements = vec![Statement::plain("ROLLBACK")];
        let batch = self.inner.batch(statements, 0, Position::Last);
        send_last(open.lease, batch).await.map(drop).map_err(Failure::into_error)
    }

    pub(crate) async fn ping(pool: &Pool, mut lease: Lease) -> Result<(), Error> {
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
                Err(Failure::Error { error, .. }) => return Err(error),
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
    response.await.unwrap_or_else(|_| Err(Failure::ended(Error::TransactionEnded)))
}

impl Inner {
    pub fn nesting(&self) -> MutexGuard<'_, Nesting> {
        self.nesting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn batch(
        &self,
        statements: Vec<Statement>,
        result_index: usize,
        position: Position,
    ) -> impl FnOnce(Reply) -> Batch + use<> {
        let Self { limits, is_read_only, .. } = *self;
        let is_read_only = is_read_only || self.nesting().is_read_only();
        move |reply| Batch { statements, result_index, position, is_read_only, limits, reply }
    }

    /// Runs a statement of the transaction itself, or of the nested one with this id.
    pub async fn run(
        &self,
        nested: Option<u64>,
        statement: Statement,
        ends: bool,
    ) -> Result<QueryResult, Error> {
        // The text has placeholders. Values are not recorded.
        let span = tracing::debug_span!(
            parent: &self.span,
            "sql",
            otel.kind = "client",
            db.system.name = "postgresql",
            db.query.text = &*statement.sql
        );
        async {
            if statement.effect == Effect::Control {
                return Err(Error::TransactionControl);
            }
            let mut state = self.state.lock().await;
            self.nesting().check(nested)?;
            // A caller that is dropped from here on leaves `Ended`, and the lease's connection rolls back.
            match std::mem::replace(&mut *state, State::Ended) {
                State::New(lease, scope) => {
                    self.run_first(&mut state, lease, scope, statement, ends).await
                }
                State::Open(open) => self.run_later(&mut state, open, statement, ends).await,
                State::Committed | State::Ended => Err(Error::TransactionEnded),
            }
        }
        .instrument(span)
        .await
    }

    async fn run_first(
        &self,
        state: &mut State,
        mut lease: Lease,
        scope: Scope,
        statement: Statement,
        ends: bool,
    ) -> Result<QueryResult, Error> {
        for _ in 0..self.pool.attempts() {
            let (prologue, statement) = (scope.prologue.clone(), statement.clone());
            let sent = if ends && statement.effect == Effect::MayCommit {
                let (begin, commit) = (Statement::plain("BEGIN"), Statement::plain("COMMIT"));
                let statements = vec![begin, prologue, statement, commit];
                send_last(lease, self.batch(statements, 2, Position::Block)).await
            } else if ends {
                let batch = self.batch(vec![prologue, statement], 1, Position::Whole);
                send_last(lease, batch).await
            } else {
                let mut open = Open { lease, savepoints: Vec::new(), is_failed: false };
                let mut statements = vec![Statement::plain("BEGIN"), prologue];
                statements.extend(self.nesting().align(&mut open));
                let result_index = statements.len();
                statements.push(statement);
                let batch = self.batch(statements, result_index, Position::First);
                let sent = send(&open.lease, batch).await;
                // Without a savepoint nothing can follow an error. If nothing was sent, the lease ends here, so that its
                // share is free for another connection.
                let is_sent = !matches!(sent, Err(Failure::NotSent));
                if sent.is_ok() || (is_sent && !open.savepoints.is_empty()) {
                    *state = open.after(&sent);
                } else {
                    drop(open);
                }
                sent
            };
            match sent {
                Ok(result) => {
                    if ends {
                        *state = State::Committed;
                    }
                    return Ok(result);
                }
                Err(Failure::NotSent) => lease = self.pool.lease(&scope.shares).await?,
                Err(Failure::Error { error, .. }) => return Err(error),
            }
        }
        Err(closed_at_once())
    }

    async fn run_later(
        &self,
        state: &mut State,
        mut open: Open,
        statement: Statement,
        ends: bool,
    ) -> Result<QueryResult, Error> {
        let mut statements = self.nesting().align(&mut open);
        let result_index = statements.len();
        statements.push(statement);
        let sent = if ends {
            statements.push(Statement::plain("COMMIT"));
            let sent =
                send_last(open.lease, self.batch(statements, result_index, Position::Last)).await;
            if sent.is_ok() {
                *state = State::Committed;
            }
            sent
        } else {
            let batch = self.batch(statements, result_index, Position::Later);
            let sent = send(&open.lease, batch).await;
            *state = open.after(&sent);
            sent
        };
        sent.map_err(Failure::into_error)
    }

    /// Releases the savepoint of the innermost nested transaction. Those inside it that were dropped are rolled back.
    pub async fn release(&self, nested: u64) -> Result<(), Error> {
        let mut state = self.state.lock().await;
        self.nesting().check(Some(nested))?;
        let mut open = match std::mem::replace(&mut *state, State::Ended) {
            State::Open(open) => open,
            // No statement was sent.
            new @ State::New(..) => {
                *state = new;
                return Ok(());
            }
            State::Committed | State::Ended => return Err(Error::TransactionEnded),
        };
        let Some(position) = open.savepoints.iter().position(|id| *id == nested) else {
            let is_failed = open.is_failed;
            *state = State::Open(open);
            return if is_failed { Err(Error::RolledBack) } else { Ok(()) };
        };
        let mut statements = self.nesting().align(&mut open);
        if open.is_failed {
            *state = State::Open(open);
            return Err(Error::RolledBack);
        }
        statements.push(Statement::command(format!("RELEASE SAVEPOINT s{}", position + 1)));
        let batch = self.batch(statements, 0, Position::Later);
        let sent = send(&open.lease, batch).await;
        if sent.is_ok() {
            open.savepoints.truncate(position);
        }
        *state = open.after(&sent);
        sent.map(drop).map_err(Failure::into_error)
    }

    /// Rolls back to the savepoint of the innermost nested transaction, and ends it.
    pub async fn roll_back_to(&self, nested: u64) -> Result<(), Error> {
        let mut state = self.state.lock().await;
        self.nesting().check(Some(nested))?;
        self.nesting().end(nested);
        let mut open = match std::mem::replace(&mut *state, State::Ended) {
            State::Open(open) => open,
            other => {
                *state = other;
                return Ok(());
            }
        };
        let statements = self.nesting().align(&mut open);
        if statements.is_empty() {
            *state = State::Open(open);
            return Ok(());
        }
        let sent = send(&open.lease, self.batch(statements, 0, Position::Later)).await;
        *state = open.after(&sent);
        sent.map(drop).map_err(Failure::into_error)
    }
}

impl Open {
    /// The state after a batch that does not end the transaction.
    fn after(mut self, sent: &Result<QueryResult, Failure>) -> State {
        let status = match sent {
            Ok(_) => TransactionStatus::Open,
            Err(Failure::Error { status, .. }) => *status,
            Err(Failure::NotSent) => TransactionStatus::Idle,
        };
        self.is_failed = status == TransactionStatus::Failed;
        if status == TransactionStatus::Idle { State::Ended } else { State::Open(self) }
    }
}
