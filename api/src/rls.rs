//! The only door to user tables: a transaction as a role that sees nothing without claims, which
//! carries the claims of one session, so that the database decides what it may see and change.

mod connection;
mod error;
mod guard;
pub mod lint;
mod pool;
mod probe;
mod signature;
mod socket;
mod tls;
mod transaction;
mod values;
mod wire;

use std::time::Duration;

use sea_orm::{DbErr, RuntimeErr};
use secrecy::{ExposeSecret, SecretString};

use self::{connection::Opening, error::connection_error, pool::Pool, tls::Target};
pub use self::{
    connection::{CLAIM, CLAIM_TO_READ},
    guard::{CheckError, UnsafeDatabase},
    pool::PoolStatus,
    probe::Disagreement,
    signature::{ClaimsKey, ClaimsMode, Signer},
    tls::sqlx_options,
    transaction::UserTransaction,
};
use crate::supertokens::Claims;

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
    /// Off behind a pooler in transaction mode.
    pub prepares_statements: bool,
    pub signer: Signer,
}

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// The server refuses every change.
    Read,
    Write,
}

impl Access {
    fn claim(self) -> &'static str {
        match self {
            Self::Read => CLAIM_TO_READ,
            Self::Write => CLAIM,
        }
    }
}

/// The pool of the service's own login. Cheap to clone; private, so that no query runs without
/// claims.
#[derive(Clone, Debug)]
pub struct Rls {
    pool: Pool,
    url: SecretString,
    signer: Signer,
}

impl Rls {
    /// Opens the pool lazily: the database may be down and come later.
    pub fn connect(options: &PoolOptions) -> Result<Self, DbErr> {
        let url = options.url.expose_secret();
        let target = Target::parse(url)
            .map_err(|error| connection_error(sqlx::Error::Configuration(Box::new(error))))?;
        let max = usize::try_from(options.max_connections).unwrap_or(usize::MAX);
        let pool = Pool::new(target, options.prepares_statements, max, options.acquire_timeout);
        Ok(Self { pool, url: options.url.clone(), signer: options.signer.clone() })
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
        let claims = claims.payload().get();
        let opening = Opening {
            claim: access.claim(),
            role: role.name(),
            signature: self.signer.sign(claims),
            claims: claims.to_owned(),
        };
        Ok(UserTransaction::new(self.pool.acquire().await?, opening))
    }

    /// Refuses a database that would not keep users apart. See [`UnsafeDatabase`].
    pub async fn verify(&self) -> Result<(), CheckError> {
        guard::check(&self.url, &self.signer).await
    }

    /// Whether the database responds.
    pub async fn ping(&self) -> Result<(), DbErr> {
        transaction::ping(self.pool.acquire().await?).await
    }

    /// What there is of connections now.
    pub fn pool(&self) -> PoolStatus {
        self.pool.status()
    }

    /// Closes every connection.
    pub fn close(&self) {
        self.pool.close();
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
    let connects = matches!(error, DbErr::Conn(_));
    match cause.as_ref() {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        // Class 08 connection, 53 resources, 57P operator intervention; 57014 statement
        // timeout; 25P03 idle for too long; 25006 read-only standby; 40001 and 40P01, lost to another transaction; 55000 of a
        // database that is closed to connections.
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            code.starts_with("08")
                || code.starts_with("53")
                || code.starts_with("57P")
                || matches!(code.as_ref(), "57014" | "25006" | "25P03" | "40001" | "40P01")
                || (connects && code == "55000")
        }),
        _ => false,
    }
}
