//! The only door to user tables: a transaction as a role that sees nothing without claims, which
//! carries the claims of one session, so that the database decides what it may see and change.

mod guard;
pub mod lint;
mod transaction;

use std::{sync::Arc, time::Duration};

use sea_orm::{DatabaseConnection, DbErr, RuntimeErr};
use secrecy::{ExposeSecret, SecretString};
use sqlx::{
    ConnectOptions as _, Connection as _, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

pub use self::{
    guard::{CheckError, UnsafeDatabase},
    transaction::UserTransaction,
};
use crate::supertokens::Claims;

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

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// The server refuses every change.
    Read,
    Write,
}

/// The pool of the service's own login. Cheap to clone; private, so that no query runs without
/// claims.
#[derive(Clone, Debug)]
pub struct Rls {
    pool: PgPool,
}

impl Rls {
    /// Opens the pool lazily: the database may be down and come later.
    pub fn connect(options: &PoolOptions) -> Result<Self, DbErr> {
        let connect: PgConnectOptions = options
            .url
            .expose_secret()
            .parse()
            .map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error))))?;
        let pool = PgPoolOptions::new()
            .max_connections(options.max_connections)
            .acquire_timeout(options.acquire_timeout)
            // Only those that have rested: one that was just used is there.
            .test_before_acquire(false)
            .before_acquire(|connection, known| {
                Box::pin(async move {
                    Ok(known.idle_for < TEST_AFTER_IDLE || connection.ping().await.is_ok())
                })
            })
            .connect_lazy_with(connect.disable_statement_logging());
        Ok(Self { pool })
    }

    /// Opens a transaction that sees and changes what the user of `claims` may in this role, and no
    /// more.
    ///
    /// Dropping it rolls back: reads end so, and writes by [`UserTransaction::commit`].
    pub async fn begin(
        &self,
        role: Role,
        access: Access,
        claims: &Claims,
    ) -> Result<UserTransaction, DbErr> {
        let begin = begin_statement(role, access, claims.payload().get());
        UserTransaction::begin(&self.pool, begin).await
    }

    /// Refuses a database that would not keep users apart. See [`UnsafeDatabase`].
    pub async fn verify(&self) -> Result<(), CheckError> {
        guard::check(&self.pool).await
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), DbErr> {
        DatabaseConnection::from(self.pool.clone()).ping().await
    }

    /// Closes every connection.
    pub async fn close(self) {
        self.pool.close().await;
    }
}

/// BEGIN, role, claims and time limits in one message, so that it is one round trip. All of it ends
/// with the transaction, so it also works through a pooler in transaction mode.
///
/// A message of several statements takes no parameters: the claims travel as hexadecimal digits,
/// in which nothing can be that SQL would take for its own.
fn begin_statement(role: Role, access: Access, claims: &str) -> String {
    let access = match access {
        Access::Read => "READ ONLY",
        Access::Write => "READ WRITE",
    };
    let (role, claims) = (role.name(), hex::encode(claims));
    format!(
        "BEGIN {access}; SELECT set_config('role', '{role}', true), \
         set_config('request.jwt.claims', convert_from(decode('{claims}', 'hex'), 'UTF8'), true), \
         set_config('statement_timeout', '10s', true), \
         set_config('idle_in_transaction_session_timeout', '20s', true)"
    )
}

/// Whether the database is away, full or shutting down: the same request may work later.
pub fn is_unavailable(error: &DbErr) -> bool {
    let (DbErr::Conn(cause) | DbErr::Exec(cause) | DbErr::Query(cause)) = error else {
        return matches!(error, DbErr::ConnectionAcquire(_));
    };
    let RuntimeErr::SqlxError(cause) = cause else {
        return false;
    };
    let connects = matches!(error, DbErr::Conn(_));
    match cause.as_ref() {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        // Class 08 connection, 53 resources, 57P operator intervention; 57014 statement
        // timeout; 25006 read-only standby; 40001 and 40P01, lost to another transaction; 55000 of a
        // database that is closed to connections.
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            code.starts_with("08")
                || code.starts_with("53")
                || code.starts_with("57P")
                || matches!(code.as_ref(), "57014" | "25006" | "40001" | "40P01")
                || (connects && code == "55000")
        }),
        _ => false,
    }
}
