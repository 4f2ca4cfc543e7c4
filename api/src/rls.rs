//! The only door to user tables: a transaction as a role that sees nothing without claims, which
//! carries the claims of one session, so that the database decides what it may see and change.

mod guard;
pub mod lint;
mod probe;
mod signature;
mod sqlx_options;

use std::{
    sync::LazyLock,
    time::{Duration, Instant},
};

use pg_scope::{Error, Options, Pool, ScopeTemplate};
use sea_orm::{DbErr, RuntimeErr};
use secrecy::{ExposeSecret, SecretString};

pub use pg_scope::{Access, PoolStatus, Transaction as UserTransaction};

pub use self::{
    guard::{CheckError, UnsafeDatabase},
    probe::Disagreement,
    signature::{ClaimsKey, ClaimsMode, Signer},
    sqlx_options::sqlx_options,
};
use crate::supertokens::Claims;

/// Settings of a user's transaction: the role, the claims that policies read, and their signature (empty without
/// signed claims). All of them end with the transaction, also behind a pooler in transaction mode.
const SETTINGS: [&str; 3] = ["role", "request.jwt.claims", "request.jwt.signature"];
const LIMITS: [(&str, &str); 2] =
    [("statement_timeout", "10s"), ("idle_in_transaction_session_timeout", "20s")];

static READ: LazyLock<ScopeTemplate> =
    LazyLock::new(|| ScopeTemplate::new(&SETTINGS, &LIMITS, Access::Read));
static WRITE: LazyLock<ScopeTemplate> =
    LazyLock::new(|| ScopeTemplate::new(&SETTINGS, &LIMITS, Access::Write));

/// The statement that begins a user's transaction. Its parameters are the role, the claims and their signature.
pub fn prologue(access: Access) -> &'static str {
    template(access).sql()
}

fn template(access: Access) -> &'static ScopeTemplate {
    match access {
        Access::Read => &READ,
        Access::Write => &WRITE,
    }
}

/// How long the database may take to respond, the wait for a connection included.
const PING_TIMEOUT: Duration = Duration::from_secs(5);

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

/// The pool of the service's own login. Cheap to clone; private, so that no query runs without
/// claims.
#[derive(Clone, Debug)]
pub struct Rls {
    pool: Pool,
    url: SecretString,
    signer: Signer,
}

impl Rls {
    /// Opens no connection yet: the database may be unavailable and come later. Must be called within a Tokio runtime.
    pub fn connect(options: &PoolOptions) -> Result<Self, DbErr> {
        let max = usize::try_from(options.max_connections).unwrap_or(usize::MAX);
        let pool = Options::from_url(options.url.expose_secret())?
            .max_connections(max)
            .acquire_timeout(options.acquire_timeout)
            .prepares_statements(options.prepares_statements);
        let (url, signer) = (options.url.clone(), options.signer.clone());
        Ok(Self { pool: Pool::new(pool), url, signer })
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
    ) -> Result<UserTransaction, Error> {
        let claims = claims.payload().get();
        let signature = self.signer.sign(claims);
        let scope = template(access).scope(&[role.name(), claims, &signature])?;
        let started = Instant::now();
        let transaction = self.pool.begin(scope).await;
        metrics::histogram!("database_pool_wait_seconds").record(started.elapsed());
        transaction
    }

    /// Refuses a database that would not keep users apart. See [`UnsafeDatabase`].
    pub async fn verify(&self) -> Result<(), CheckError> {
        guard::check(&self.url, &self.signer).await
    }

    /// Whether the database responds. [`Error::PoolExhausted`] says nothing of the database.
    pub async fn ping(&self) -> Result<(), Error> {
        self.pool.ping(PING_TIMEOUT).await
    }

    /// What there is of connections now.
    pub fn pool(&self) -> PoolStatus {
        self.pool.status()
    }

    /// Closes every connection, and returns when the database has done so.
    pub async fn close(&self) {
        self.pool.close().await;
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
