//! The only door to user tables: a transaction as a role without rights of its own that carries
//! the claims of one session, so that the database decides what it may see and change.

mod guard;

use std::time::Duration;

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend,
    DbErr, ExecResult, QueryResult, RuntimeErr, Statement, TransactionTrait,
};
use secrecy::{ExposeSecret, SecretString};

pub use self::guard::{CheckError, UnsafeDatabase};
use crate::supertokens::Claims;

/// One statement for role, claims and the time a statement may take. All end with the transaction,
/// so it also works through a pooler in transaction mode; the claims travel as a parameter, never
/// as SQL text.
const SET_CLAIMS: &str = "SELECT set_config('role', $1, true), \
                          set_config('request.jwt.claims', $2, true), \
                          set_config('statement_timeout', '10s', true)";

/// A connection that has rested this long is tested before it is used.
const TEST_AFTER_IDLE: Duration = Duration::from_secs(30);

/// The roles of the database that a session may act as. The migrations make them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Sees and changes what is the user's own.
    Authenticated,
    /// Reads what the user's permissions name, be it whose it may; changes nothing.
    Support,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::Authenticated => "authenticated",
            Self::Support => "todos_support",
        }
    }
}

/// How the pool behaves.
#[derive(Debug, Clone)]
pub struct PoolOptions {
    pub url: SecretString,
    pub max_connections: u32,
    /// How long a request waits for a connection before it is told to come back later.
    pub acquire_timeout: Duration,
}

/// The pool of the service's own login. Cheap to clone; private, so that no query runs without
/// claims.
#[derive(Clone, Debug)]
pub struct Rls {
    db: DatabaseConnection,
}

impl Rls {
    /// Opens the pool lazily: the database may be down and come later.
    pub async fn connect(options: PoolOptions) -> Result<Self, DbErr> {
        let mut connect = ConnectOptions::new(options.url.expose_secret());
        connect
            .max_connections(options.max_connections)
            .acquire_timeout(options.acquire_timeout)
            .connect_timeout(options.acquire_timeout)
            .test_before_acquire_if_idle_for(TEST_AFTER_IDLE)
            .connect_lazy(true)
            .sqlx_logging(false);
        Ok(Self { db: Database::connect(connect).await? })
    }

    /// Opens a transaction that sees and changes what is the own of the user of `claims`.
    pub async fn begin(&self, claims: &Claims) -> Result<UserTransaction, DbErr> {
        self.begin_as(Role::Authenticated, claims).await
    }

    /// Opens a transaction that sees and changes what the user of `claims` may in this role, and no
    /// more.
    ///
    /// Dropping it rolls back: reads end so, and writes by [`UserTransaction::commit`].
    ///
    /// Runs in a task of its own, so that a caller who goes away half-way leaves no connection
    /// behind inside a transaction (sqlx 0.9.0 returns such a connection to the pool as it is).
    pub async fn begin_as(&self, role: Role, claims: &Claims) -> Result<UserTransaction, DbErr> {
        let db = self.db.clone();
        let claims = claims.payload().get().to_owned();
        let begin = tokio::spawn(async move {
            let transaction = db.begin().await?;
            let values = [role.name().into(), claims.into()];
            let set = Statement::from_sql_and_values(DbBackend::Postgres, SET_CLAIMS, values);
            transaction.query_one_raw(set).await?;
            Ok(UserTransaction(transaction))
        });
        begin.await.unwrap_or_else(|error| Err(DbErr::Custom(format!("begin: {error}"))))
    }

    /// Refuses a database that would not keep users apart. See [`UnsafeDatabase`].
    pub async fn verify(&self) -> Result<(), CheckError> {
        guard::check(&self.db).await
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), DbErr> {
        self.db.ping().await
    }

    /// Closes every connection.
    pub async fn close(self) -> Result<(), DbErr> {
        self.db.close().await
    }
}

/// A transaction of one user. Rolled back when dropped.
#[derive(Debug)]
#[must_use = "a transaction that is dropped is rolled back"]
pub struct UserTransaction(DatabaseTransaction);

impl UserTransaction {
    /// Makes the changes last. An error, or a caller who goes away meanwhile, leaves open whether
    /// they do: the server may have finished what it was told.
    pub async fn commit(self) -> Result<(), DbErr> {
        self.0.commit().await
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for UserTransaction {
    fn get_database_backend(&self) -> DbBackend {
        self.0.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.0.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.0.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.0.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.0.query_all_raw(statement).await
    }
}

/// Whether the database is away, full or shutting down: the same request may work later.
pub fn is_unavailable(error: &DbErr) -> bool {
    let (DbErr::Conn(cause) | DbErr::Exec(cause) | DbErr::Query(cause)) = error else {
        return matches!(error, DbErr::ConnectionAcquire(_));
    };
    let RuntimeErr::SqlxError(cause) = cause else {
        return false;
    };
    match cause.as_ref() {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        // Class 08 connection, 53 resources, 57P operator intervention; 57014 statement
        // timeout; 25006 read-only standby; 40001 and 40P01, lost to another transaction.
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            code.starts_with("08")
                || code.starts_with("53")
                || code.starts_with("57P")
                || matches!(code.as_ref(), "57014" | "25006" | "40001" | "40P01")
        }),
        _ => false,
    }
}
