//! One connection as SeaORM's `DatabaseConnection`, for migrations.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sea_orm::{
    Database, DatabaseConnection, DbBackend, DbErr, ProxyDatabaseTrait, ProxyExecResult, ProxyRow,
    Statement,
};
use tokio::sync::{Mutex, MutexGuard};

use super::{parameter::encode, value::proxy_row};
use crate::{connection::Connection, error::Error, options::Options};

/// A statement of a migration may take as long as it wants.
const RESPONSE_TIMEOUT: Duration = Duration::from_hours(24 * 365);

/// Opens one connection that has no scope: for the owner of a database, who migrates it. Its transactions are those of
/// this one connection, so only one may be open at a time.
///
/// SeaORM gives this kind of connection no way to return the error of BEGIN or COMMIT. The next statement returns it, and
/// [`DatabaseConnection::ping`] does: call that at the end.
pub async fn open_session(options: &Options) -> Result<DatabaseConnection, DbErr> {
    let options = options.clone().prepares_statements(false).response_timeout(RESPONSE_TIMEOUT);
    let connection = Connection::open(&options, &Arc::default()).await.map_err(Error::from)?;
    let state = Mutex::new(State { connection, depth: 0, failure: None });
    let session = Session { state, dropped: AtomicUsize::new(0) };
    Database::connect_proxy(DbBackend::Postgres, Arc::new(Box::new(session))).await
}

#[derive(Debug)]
struct Session {
    state: Mutex<State>,
    /// Transactions that were dropped, and are rolled back before the next statement.
    dropped: AtomicUsize,
}

#[derive(Debug)]
struct State {
    connection: Connection,
    /// How many transactions are open, each in the one before.
    depth: usize,
    /// Why a transaction could not begin or end.
    failure: Option<Error>,
}

impl Drop for State {
    fn drop(&mut self) {
        self.connection.terminate();
    }
}

impl Session {
    async fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().await;
        for _ in 0..self.dropped.swap(0, Ordering::AcqRel) {
            state.roll_back().await;
        }
        state
    }

    async fn usable(&self) -> Result<MutexGuard<'_, State>, DbErr> {
        let state = self.lock().await;
        match &state.failure {
            Some(failure) => Err(failure.clone().into()),
            None => Ok(state),
        }
    }
}

impl State {
    async fn begin(&mut self) {
        let sql = match self.depth {
            0 => "BEGIN".to_owned(),
            depth => format!("SAVEPOINT nested_{depth}"),
        };
        self.depth += 1;
        self.control(&sql).await;
    }

    async fn commit(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        let sql = match self.depth {
            0 => "COMMIT".to_owned(),
            depth => format!("RELEASE SAVEPOINT nested_{depth}"),
        };
        self.control(&sql).await;
    }

    async fn roll_back(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        let sql = match self.depth {
            0 => "ROLLBACK".to_owned(),
            depth => {
                format!("ROLLBACK TO SAVEPOINT nested_{depth}; RELEASE SAVEPOINT nested_{depth}")
            }
        };
        self.control(&sql).await;
    }

    async fn control(&mut self, sql: &str) {
        let failure = match self.connection.run_script(sql).await {
            // COMMIT of a transaction that has failed.
            Ok(done) if sql == "COMMIT" && done.tag != sql => Error::RolledBack,
            Ok(_) => return,
            Err(error) => error,
        };
        self.failure.get_or_insert(failure);
    }
}

#[async_trait::async_trait]
impl ProxyDatabaseTrait for Session {
    async fn query(&self, statement: Statement) -> Result<Vec<ProxyRow>, DbErr> {
        let statement = encode(statement)?;
        let result = self.usable().await?.connection.run_alone(&statement).await?;
        result.rows.iter().map(proxy_row).collect()
    }

    /// A text without parameters may have several commands.
    async fn execute(&self, statement: Statement) -> Result<ProxyExecResult, DbErr> {
        let mut state = self.usable().await?;
        let rows_affected = if statement.values.is_none() {
            state.connection.run_script(&statement.sql).await?.rows_affected
        } else {
            state.connection.run_alone(&encode(statement)?).await?.rows_affected
        };
        Ok(ProxyExecResult { last_insert_id: 0, rows_affected })
    }

    async fn begin(&self) {
        self.lock().await.begin().await;
    }

    async fn commit(&self) {
        self.lock().await.commit().await;
    }

    async fn rollback(&self) {
        self.lock().await.roll_back().await;
    }

    fn start_rollback(&self) {
        self.dropped.fetch_add(1, Ordering::AcqRel);
    }

    async fn ping(&self) -> Result<(), DbErr> {
        self.usable().await?.connection.run_script("").await?;
        Ok(())
    }
}
