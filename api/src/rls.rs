//! The only door to user tables: a transaction as a role that sees nothing without claims, which
//! carries the claims of one session, so that the database decides what it may see and change.

mod guard;
mod probe;
mod signature;

use std::{
    sync::LazyLock,
    time::{Duration, Instant},
};

use pg_scope::{Error, Options, Pool, ScopeTemplate, Share};
use sea_orm::{DbErr, RuntimeErr};
use secrecy::{ExposeSecret, SecretString};
use supertokens::Claims;

pub use pg_scope::{Access, PoolStatus, Transaction as UserTransaction};

pub use self::{
    guard::{CheckError, UnsafeDatabase, lint_options},
    probe::Disagreement,
    signature::{ClaimsKey, ClaimsMode, Signer},
};
use crate::concurrency::Budget;

/// Settings of a user's transaction: the role, the claims that policies read, and their signature (empty without
/// signed claims). All of them end with the transaction, also behind a pooler in transaction mode.
const SETTINGS: [&str; 3] = ["role", "request.jwt.claims", "request.jwt.signature"];
const STATEMENT_TIMEOUT: &str = "statement_timeout";
const IDLE: (&str, &str) = ("idle_in_transaction_session_timeout", "20s");
const LIMITS: [(&str, &str); 2] = [(STATEMENT_TIMEOUT, "10s"), IDLE];

static READ: LazyLock<ScopeTemplate> =
    LazyLock::new(|| ScopeTemplate::new(&SETTINGS, &LIMITS, Access::Read));
static WRITE: LazyLock<ScopeTemplate> =
    LazyLock::new(|| ScopeTemplate::new(&SETTINGS, &LIMITS, Access::Write));
static SEARCH: LazyLock<ScopeTemplate> = LazyLock::new(|| search_template(Access::Read));
static SEARCH_TO_WRITE: LazyLock<ScopeTemplate> = LazyLock::new(|| search_template(Access::Write));

fn search_template(access: Access) -> ScopeTemplate {
    let [role, claims, signature] = SETTINGS;
    ScopeTemplate::new(&[role, claims, signature, STATEMENT_TIMEOUT], &[IDLE], access)
}

/// The statement that begins a user's transaction of lookups. Its parameters are the role, the claims and their
/// signature.
pub fn prologue(access: Access) -> &'static str {
    template(access, Work::Lookup).sql()
}

fn template(access: Access, work: Work) -> &'static ScopeTemplate {
    match (work, access) {
        (Work::Lookup, Access::Read) => &READ,
        (Work::Lookup, Access::Write) => &WRITE,
        (Work::Search, Access::Read) => &SEARCH,
        (Work::Search, Access::Write) => &SEARCH_TO_WRITE,
    }
}

/// What the statements of a transaction do, which decides how long each may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// An index leads to the rows.
    Lookup,
    /// Every row of the user is searched for a text. See [`PoolOptions::search_timeout`].
    Search,
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
    /// How many connections there are, and what part of them one user has.
    pub budget: Budget,
    /// How long a request waits for a connection before it is told to come back later.
    pub acquire_timeout: Duration,
    /// Off behind a pooler in transaction mode.
    pub prepares_statements: bool,
    /// How long a statement that searches text may take.
    pub search_timeout: Duration,
    pub signer: Signer,
}

/// The pool of the service's own login. Cheap to clone; private, so that no query runs without
/// claims.
#[derive(Clone, Debug)]
pub struct Rls {
    pool: Pool,
    url: SecretString,
    budget: Budget,
    search_timeout: String,
    signer: Signer,
}

impl Rls {
    /// Opens no connection yet: the database may be unavailable and come later. Must be called within a Tokio runtime.
    pub fn connect(options: &PoolOptions) -> Result<Self, DbErr> {
        let pool = Options::from_url(options.url.expose_secret())?
            .max_connections(options.budget.connections)
            .acquire_timeout(options.acquire_timeout)
            .prepares_statements(options.prepares_statements)
            .prepared_statements_setting("DATABASE_PREPARED_STATEMENTS=off");
        let (url, signer) = (options.url.clone(), options.signer.clone());
        let search_timeout = format!("{}ms", options.search_timeout.as_millis());
        let budget = options.budget;
        Ok(Self { pool: Pool::new(pool), url, budget, search_timeout, signer })
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
        self.begin_work(role, access, Work::Lookup, claims).await
    }

    /// As [`begin`](Self::begin), with the statement timeout and the share of connections of this work.
    pub async fn begin_work(
        &self,
        role: Role,
        access: Access,
        work: Work,
        claims: &Claims,
    ) -> Result<UserTransaction, Error> {
        let shares = self.shares(claims.user_id(), work);
        let claims = claims.payload().get();
        let signature = self.signer.sign(claims);
        let values = [role.name(), claims, &signature, &self.search_timeout];
        let values = match work {
            Work::Lookup => &values[..3],
            Work::Search => &values[..],
        };
        let scope = template(access, work).scope(values)?.shares(shares);
        let started = Instant::now();
        let transaction = self.pool.begin(scope).await;
        metrics::histogram!("database_pool_wait_seconds").record(started.elapsed());
        transaction
    }

    /// Transactions wait when their user has too many of this kind.
    fn shares(&self, user_id: &str, work: Work) -> Vec<Share> {
        let Budget { connections_per_user, searches_per_user, .. } = self.budget;
        let mut shares = vec![Share { key: user_id.into(), max: connections_per_user }];
        if work == Work::Search {
            let key = format!("search {user_id}").into();
            shares.push(Share { key, max: searches_per_user });
        }
        shares
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

/// Whether the server stopped a statement because it took too long.
pub fn is_statement_timeout(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))) =
        error
    else {
        return false;
    };
    let error = cause.as_database_error();
    error.is_some_and(|error| error.code().as_deref() == Some("57014"))
}

/// Why the database refused rows beyond a user's quota, in words for the user.
pub fn quota_message(error: &DbErr) -> Option<&str> {
    let (DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))) =
        error
    else {
        return None;
    };
    let error = cause.as_database_error()?;
    (error.constraint() == Some(migration::quota::CONSTRAINT)).then(|| error.message())
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
