//! A transaction of one user, on a connection of the pool.
//!
//! By hand, not sqlx's own `Transaction`: with sqlx 0.9.0 a connection whose caller goes away during
//! BEGIN returns to the pool inside the transaction, and with the caller's claims. Here it returns
//! after a ROLLBACK that the server has confirmed, or is closed.

use std::{sync::Arc, time::Duration};

use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement};
use sea_query_sqlx::SqlxValues;
use sqlx::{
    AssertSqlSafe, Executor as _, PgConnection, PgPool, Postgres, pool::PoolConnection,
    query::Query,
};
use tokio::{runtime::Handle, sync::Mutex, time::timeout};

/// How long the server may take for BEGIN or ROLLBACK before the connection is given up.
const PATIENCE: Duration = Duration::from_secs(5);

/// A transaction of one user. Rolled back when dropped.
#[derive(Debug)]
#[must_use = "a transaction that is dropped is rolled back"]
pub struct UserTransaction(Mutex<Guarded>);

impl UserTransaction {
    /// `begin` opens the transaction and says whose it is, all of it in one message.
    pub(super) async fn begin(pool: &PgPool, begin: String) -> Result<Self, DbErr> {
        let mut guarded = Guarded(Some(pool.acquire().await.map_err(connection_error)?));
        let opened = timeout(PATIENCE, guarded.get()?.execute(sqlx::raw_sql(AssertSqlSafe(begin))));
        opened.await.map_err(|_| unavailable("BEGIN took too long"))?.map_err(query_error)?;
        Ok(Self(Mutex::new(guarded)))
    }

    /// Makes the changes last. An error, or a caller who goes away meanwhile, leaves open whether
    /// they do: the server may have finished what it was told.
    pub async fn commit(self) -> Result<(), DbErr> {
        let mut guarded = self.0.into_inner();
        guarded.get()?.execute("COMMIT").await.map_err(exec_error)?;
        guarded.release();
        Ok(())
    }
}

/// A connection that is, or may be, inside a transaction.
#[derive(Debug)]
struct Guarded(Option<PoolConnection<Postgres>>);

impl Guarded {
    fn get(&mut self) -> Result<&mut PgConnection, DbErr> {
        self.0.as_deref_mut().ok_or_else(|| unavailable("the transaction is over"))
    }

    /// Back to the pool: the transaction is over.
    fn release(&mut self) {
        self.0 = None;
    }
}

impl Drop for Guarded {
    /// Nobody waits for the ROLLBACK: the answer is on its way already.
    fn drop(&mut self) {
        let Some(mut connection) = self.0.take() else { return };
        let Ok(runtime) = Handle::try_current() else {
            return connection.close_on_drop();
        };
        runtime.spawn(async move {
            let ended = timeout(PATIENCE, connection.execute("ROLLBACK")).await;
            if !matches!(ended, Ok(Ok(_))) {
                connection.close_on_drop();
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
        let mut guarded = self.0.lock().await;
        let done = guarded.get()?.execute(query(statement)).await;
        done.map(ExecResult::from).map_err(exec_error)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let mut guarded = self.0.lock().await;
        let done = guarded.get()?.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await;
        done.map(ExecResult::from).map_err(exec_error)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let mut guarded = self.0.lock().await;
        let row = guarded.get()?.fetch_optional(query(statement)).await.map_err(query_error)?;
        Ok(row.map(QueryResult::from))
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let mut guarded = self.0.lock().await;
        let rows = guarded.get()?.fetch_all(query(statement)).await.map_err(query_error)?;
        Ok(rows.into_iter().map(QueryResult::from).collect())
    }
}

fn query<'q>(Statement { sql, values, .. }: Statement) -> Query<'q, Postgres, SqlxValues> {
    let values = values.unwrap_or(sea_orm::Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(sql), SqlxValues(values))
}

fn connection_error(error: sqlx::Error) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error)))
}

fn query_error(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)))
}

fn exec_error(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error)))
}

fn unavailable(why: &str) -> DbErr {
    connection_error(sqlx::Error::Io(std::io::Error::other(why.to_owned())))
}
