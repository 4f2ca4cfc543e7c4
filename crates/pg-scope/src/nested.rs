//! Transactions in a transaction: savepoints (PostgreSQL, "SAVEPOINT").

use std::sync::{Arc, Weak};

use tokio_postgres::types::{ToSql, Type};

use crate::{
    batch::{QueryResult, Statement},
    error::Error,
    transaction::{Inner, Open},
};

/// The command after which the server rejects every change of a nested transaction.
pub(crate) const READ_ONLY: &str = "SET TRANSACTION READ ONLY";

/// A transaction in another one. A dropped nested transaction is rolled back to its savepoint before the next
/// statement of the outer one, and it ends with the outer one.
#[derive(Debug)]
#[must_use = "a nested transaction that is dropped is rolled back"]
pub struct NestedTransaction {
    outer: Weak<Inner>,
    id: u64,
}

impl NestedTransaction {
    pub(crate) fn begin(
        outer: &Arc<Inner>,
        parent: Option<u64>,
        settings: Vec<String>,
    ) -> Result<Self, Error> {
        let id = outer.nesting().begin(parent, settings)?;
        Ok(Self { outer: Arc::downgrade(outer), id })
    }

    fn outer(&self) -> Result<Arc<Inner>, Error> {
        self.outer.upgrade().ok_or(Error::TransactionEnded)
    }

    /// As [`Transaction::query`](crate::Transaction::query). An error leaves the outer transaction usable after the
    /// nested one is rolled back.
    pub async fn query(
        &self,
        sql: &str,
        parameters: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<QueryResult, Error> {
        self.run(Statement::with_parameters(sql, parameters)?).await
    }

    pub(crate) async fn run(&self, statement: Statement) -> Result<QueryResult, Error> {
        self.outer()?.run(Some(self.id), statement, false).await
    }

    /// As [`Transaction::begin_nested`](crate::Transaction::begin_nested).
    pub fn begin_nested(&self) -> Result<Self, Error> {
        self.nest(Vec::new())
    }

    pub(crate) fn nest(&self, settings: Vec<String>) -> Result<Self, Error> {
        Self::begin(&self.outer()?, Some(self.id), settings)
    }

    /// Makes its changes part of the outer transaction. Returns [`Error::RolledBack`] if one of its statements failed.
    pub async fn commit(self) -> Result<(), Error> {
        self.outer()?.release(self.id).await
    }

    /// Rolls back to the state before it, and returns when the server has done so.
    pub async fn rollback(self) -> Result<(), Error> {
        self.outer()?.roll_back_to(self.id).await
    }
}

impl Drop for NestedTransaction {
    fn drop(&mut self) {
        if let Some(outer) = self.outer.upgrade() {
            outer.nesting().end(self.id);
        }
    }
}

/// The nested transactions that are open.
#[derive(Debug, Default)]
pub(crate) struct Nesting {
    /// Outermost first.
    open: Vec<Level>,
    next_id: u64,
}

#[derive(Debug)]
struct Level {
    id: u64,
    settings: Vec<String>,
}

impl Nesting {
    fn begin(&mut self, parent: Option<u64>, settings: Vec<String>) -> Result<u64, Error> {
        self.check(parent)?;
        self.next_id += 1;
        let id = self.next_id;
        self.open.push(Level { id, settings });
        Ok(id)
    }

    /// Fails unless this nested transaction, or the outermost transaction, is the innermost one that is open.
    pub fn check(&self, handle: Option<u64>) -> Result<(), Error> {
        if self.open.last().map(|level| level.id) == handle {
            return Ok(());
        }
        match handle {
            Some(id) if !self.open.iter().any(|level| level.id == id) => {
                Err(Error::TransactionEnded)
            }
            _ => Err(Error::NestedTransaction("commit or drop the open one first")),
        }
    }

    /// Whether an open one was begun as read-only.
    pub fn is_read_only(&self) -> bool {
        self.open.iter().any(|level| level.settings.iter().any(|setting| setting == READ_ONLY))
    }

    /// Ends a nested transaction with all that are inside it.
    pub fn end(&mut self, id: u64) {
        if let Some(position) = self.open.iter().position(|level| level.id == id) {
            self.open.truncate(position);
        }
    }

    /// The statements that roll back what was dropped, and that make the savepoints which the next statement needs.
    pub fn align(&self, on_server: &mut Open) -> Vec<Statement> {
        let Open { savepoints, is_failed, .. } = on_server;
        let levels = self.open.iter().map(|level| level.id);
        let common = savepoints.iter().zip(levels).take_while(|(one, two)| *one == two).count();
        let mut statements = Vec::new();
        if common < savepoints.len() {
            let name = common + 1;
            statements.push(Statement::command(format!("ROLLBACK TO SAVEPOINT s{name}")));
            statements.push(Statement::command(format!("RELEASE SAVEPOINT s{name}")));
            savepoints.truncate(common);
            *is_failed = false;
        }
        // After an error the server rejects a savepoint as it does the statement.
        if *is_failed {
            return statements;
        }
        for level in &self.open[common..] {
            savepoints.push(level.id);
            let name = savepoints.len();
            statements.push(Statement::command(format!("SAVEPOINT s{name}")));
            statements.extend(level.settings.iter().cloned().map(Statement::command));
        }
        statements
    }
}
