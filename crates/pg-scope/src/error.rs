//! Errors of connections, transactions and statements.

use std::{error::Error as StdError, fmt, io, sync::Arc, time::Duration};

use fallible_iterator::FallibleIterator as _;
use postgres_protocol::message::backend::ErrorFields;
use tokio_postgres::error::SqlState;

use crate::target::UrlError;

/// Why a transaction or a statement failed.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The URL of the database cannot be used.
    #[error("the database URL cannot be used: {0}")]
    Url(Arc<UrlError>),
    /// No connection could be opened.
    #[error("connecting to the database failed: {0}")]
    Connect(Arc<ConnectError>),
    /// No connection was free within [`Options::acquire_timeout`](crate::Options::acquire_timeout).
    #[error("no database connection was free within {0:?}")]
    AcquireTimeout(Duration),
    /// All connections of the pool were in use for [`Options::acquire_timeout`](crate::Options::acquire_timeout). The
    /// database may be well.
    #[error("all connections of the pool were in use for {0:?}")]
    PoolExhausted(Duration),
    /// The pool was closed.
    #[error("the connection pool is closed")]
    PoolClosed,
    /// The connection ended, or nothing was transferred for too long.
    #[error("the database connection failed: {0}")]
    Io(Arc<io::Error>),
    /// The server rejected the statement.
    #[error(transparent)]
    Db(Arc<DbError>),
    /// The server rejects changes, although it is no standby and the scope may write.
    #[error(
        "the server is read-only by a setting: turn `default_transaction_read_only` off for this role and database: {0}"
    )]
    ReadOnlySetting(Arc<DbError>),
    /// A statement of a read-only scope tried to write.
    #[error("the scope is read-only: {0}")]
    ReadOnlyScope(Arc<DbError>),
    /// The server does not know a statement that this connection has prepared.
    #[error(
        "the server has lost a prepared statement: behind a pooler in transaction mode, turn prepared statements off \
         ({setting}): {error}"
    )]
    PreparedStatementLost {
        /// See [`Options::prepared_statements_setting`](crate::Options::prepared_statements_setting).
        setting: &'static str,
        /// Of the server.
        error: Arc<DbError>,
    },
    /// A parameter cannot be sent.
    #[error("a parameter cannot be encoded: {0}")]
    Encode(String),
    /// A column is missing, or its value cannot be read as the type that was requested.
    #[error("a value cannot be decoded: {0}")]
    Decode(String),
    /// The server sent a message that does not belong here, such as COPY.
    #[error("protocol error: {0}")]
    Protocol(String),
    /// The result has more rows or bytes than the transaction allows.
    #[error(
        "the result exceeds {limit} {unit}: read it in pages, or raise the limit of the transaction"
    )]
    TooLarge {
        /// Of the transaction.
        limit: usize,
        /// `rows` or `bytes`.
        unit: &'static str,
    },
    /// The result of a statement that has committed has more rows or bytes than the transaction allows.
    #[error(
        "the change is committed, but its result exceeds {limit} {unit}: do not repeat it, and return fewer rows"
    )]
    CommittedTooLarge {
        /// Of the transaction.
        limit: usize,
        /// `rows` or `bytes`.
        unit: &'static str,
    },
    /// A statement is transaction control, such as COMMIT. It was not run, or its connection was closed.
    #[error(
        "a statement must not control its transaction: use commit, rollback and begin_nested of the transaction"
    )]
    TransactionControl,
    /// The transaction has already ended, or could not begin.
    #[error("the transaction has ended")]
    TransactionEnded,
    /// A statement or a commit of a transaction in which another one is open, or a nested one that cannot begin.
    #[error("nested transaction: {0}")]
    NestedTransaction(&'static str),
    /// COMMIT rolled back, because an earlier statement of the transaction had failed.
    #[error("the transaction was rolled back, because one of its statements had failed")]
    RolledBack,
}

impl Error {
    /// The SQLSTATE, if the server sent one.
    pub fn code(&self) -> Option<&SqlState> {
        match self {
            Self::Db(error) | Self::PreparedStatementLost { error, .. } => Some(error.code()),
            Self::Connect(error) => error.code(),
            _ => None,
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(Arc::new(error))
    }
}

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        Self::Db(Arc::new(error))
    }
}

impl From<UrlError> for Error {
    fn from(error: UrlError) -> Self {
        Self::Url(Arc::new(error))
    }
}

impl From<ConnectError> for Error {
    fn from(error: ConnectError) -> Self {
        Self::Connect(Arc::new(error))
    }
}

/// Why no connection could be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The server rejected the login or the database.
    #[error(transparent)]
    Db(Arc<DbError>),
    /// No host could be reached, or the connection ended.
    #[error(transparent)]
    Io(io::Error),
    /// The certificate cannot be verified, or TLS cannot be set up.
    #[error("TLS failed: {0}")]
    Tls(Box<dyn StdError + Send + Sync>),
    /// Everything else, such as an authentication method that is not supported.
    #[error("{0}")]
    Other(String),
}

impl ConnectError {
    /// The SQLSTATE, if the server sent one.
    pub fn code(&self) -> Option<&SqlState> {
        match self {
            Self::Db(error) => Some(error.code()),
            _ => None,
        }
    }
}

impl From<io::Error> for ConnectError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<tokio_postgres::Error> for ConnectError {
    fn from(error: tokio_postgres::Error) -> Self {
        if let Some(error) = error.as_db_error() {
            let text = |text: Option<&str>| text.map(Into::into);
            return Self::Db(Arc::new(DbError {
                code: error.code().clone(),
                severity: error.severity().into(),
                message: error.message().into(),
                detail: text(error.detail()),
                hint: text(error.hint()),
                table: text(error.table()),
                constraint: text(error.constraint()),
                routine: text(error.routine()),
            }));
        }
        let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
        if error.is_closed() || cause.is_some() {
            let kind = cause.map_or(io::ErrorKind::Other, io::Error::kind);
            return Self::Io(io::Error::new(kind, with_causes(&error)));
        }
        Self::Other(with_causes(&error))
    }
}

/// The text of an error and of all its causes: tokio-postgres keeps the reason in the cause.
fn with_causes(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

/// An error or a notice of the server (PostgreSQL, "Error and Notice Message Fields").
#[derive(Debug)]
pub struct DbError {
    code: SqlState,
    severity: Box<str>,
    message: Box<str>,
    detail: Option<Box<str>>,
    hint: Option<Box<str>>,
    table: Option<Box<str>>,
    constraint: Option<Box<str>>,
    routine: Option<Box<str>>,
}

impl DbError {
    pub(crate) fn read(mut fields: ErrorFields<'_>) -> io::Result<Self> {
        let mut error = Self {
            code: SqlState::INTERNAL_ERROR,
            severity: "ERROR".into(),
            message: "".into(),
            detail: None,
            hint: None,
            table: None,
            constraint: None,
            routine: None,
        };
        while let Some(field) = fields.next()? {
            let value = String::from_utf8_lossy(field.value_bytes());
            match field.type_() {
                b'C' => error.code = SqlState::from_code(&value),
                // Not localized, unlike `S`; PostgreSQL 9.6 and later send it.
                b'V' => error.severity = value.into(),
                b'M' => error.message = value.into(),
                b'D' => error.detail = Some(value.into()),
                b'H' => error.hint = Some(value.into()),
                b't' => error.table = Some(value.into()),
                b'n' => error.constraint = Some(value.into()),
                b'R' => error.routine = Some(value.into()),
                _ => {}
            }
        }
        Ok(error)
    }

    /// The SQLSTATE.
    pub fn code(&self) -> &SqlState {
        &self.code
    }

    /// `ERROR`, `FATAL`, `PANIC`, or the severity of a notice.
    pub fn severity(&self) -> &str {
        &self.severity
    }

    /// The primary message, in the language of the server.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// May hold values of the statement.
    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The table of a violated constraint.
    pub fn table(&self) -> Option<&str> {
        self.table.as_deref()
    }

    /// The violated constraint.
    pub fn constraint(&self) -> Option<&str> {
        self.constraint.as_deref()
    }

    /// Whether the connection ends with this error.
    pub(crate) fn is_fatal(&self) -> bool {
        matches!(&*self.severity, "FATAL" | "PANIC")
    }

    /// Whether the server does not know a prepared statement.
    pub(crate) fn is_lost_statement(&self) -> bool {
        self.code == SqlState::INVALID_SQL_STATEMENT_NAME
    }

    /// Whether a prepared statement is no longer valid: its result type changed, or the server does not know it.
    pub(crate) fn is_stale_statement(&self) -> bool {
        self.is_lost_statement()
            || self.code == SqlState::FEATURE_NOT_SUPPORTED
                && self.routine.as_deref() == Some("RevalidateCachedQuery")
    }

    /// Whether the transaction lost a conflict with another one, and may succeed when it is repeated.
    pub(crate) fn is_conflict(&self) -> bool {
        [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED].contains(&self.code)
    }
}

impl fmt::Display for DbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code.code())?;
        match &self.hint {
            Some(hint) => write!(f, ". {hint}"),
            None => Ok(()),
        }
    }
}

impl StdError for DbError {}
