//! Errors as SeaORM has them.

use std::{borrow::Cow, error::Error as StdError, fmt, io, sync::Arc};

use sea_orm::{DbErr, RuntimeErr};
use sqlx::error::{DatabaseError, ErrorKind};
use tokio_postgres::error::SqlState;

use crate::error::{ConnectError, DbError, Error};

impl From<Error> for DbErr {
    fn from(error: Error) -> Self {
        match error {
            Error::Url(error) => conn(sqlx::Error::Configuration(Box::new(error))),
            Error::Connect(error) => conn(connect_error(&error)),
            Error::AcquireTimeout(_) | Error::PoolExhausted(_) => conn(sqlx::Error::PoolTimedOut),
            Error::PoolClosed => conn(sqlx::Error::PoolClosed),
            Error::Io(error) => conn(sqlx::Error::Io(io::Error::new(error.kind(), error))),
            Error::TransactionEnded => conn(sqlx::Error::Io(io::Error::other(error.to_string()))),
            Error::Db(error) => query(sqlx::Error::Database(Box::new(SqlxDbError(error)))),
            Error::ReadOnlyScope(_)
            | Error::ReadOnlySetting(_)
            | Error::PreparedStatementLost { .. }
            | Error::Protocol(_)
            | Error::RolledBack => query(sqlx::Error::Protocol(error.to_string())),
            Error::Encode(text) | Error::Decode(text) => Self::Type(text),
            Error::NestedTransaction(_)
            | Error::TransactionControl
            | Error::CommittedTooLarge { .. }
            | Error::TooLarge { .. } => Self::Custom(error.to_string()),
        }
    }
}

fn conn(error: sqlx::Error) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error)))
}

fn query(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)))
}

fn connect_error(error: &Arc<ConnectError>) -> sqlx::Error {
    match &**error {
        ConnectError::Db(error) => sqlx::Error::Database(Box::new(SqlxDbError(Arc::clone(error)))),
        ConnectError::Io(cause) => sqlx::Error::Io(io::Error::new(cause.kind(), Arc::clone(error))),
        ConnectError::Tls(_) => sqlx::Error::Tls(Box::new(Arc::clone(error))),
        // Such as an authentication method that is not supported.
        ConnectError::Other(text) => sqlx::Error::Protocol(text.clone()),
    }
}

/// An error of the server as sqlx has it: SeaORM's `DbErr::sql_err` reads nothing else.
#[derive(Debug)]
struct SqlxDbError(Arc<DbError>);

impl fmt::Display for SqlxDbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for SqlxDbError {}

impl DatabaseError for SqlxDbError {
    fn message(&self) -> &str {
        self.0.message()
    }

    /// The SQLSTATE.
    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.0.code().code().into())
    }

    fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
        self
    }

    fn constraint(&self) -> Option<&str> {
        self.0.constraint()
    }

    fn table(&self) -> Option<&str> {
        self.0.table()
    }

    fn kind(&self) -> ErrorKind {
        match *self.0.code() {
            SqlState::UNIQUE_VIOLATION => ErrorKind::UniqueViolation,
            SqlState::FOREIGN_KEY_VIOLATION => ErrorKind::ForeignKeyViolation,
            SqlState::NOT_NULL_VIOLATION => ErrorKind::NotNullViolation,
            SqlState::CHECK_VIOLATION => ErrorKind::CheckViolation,
            SqlState::EXCLUSION_VIOLATION => ErrorKind::ExclusionViolation,
            _ => ErrorKind::Other,
        }
    }
}
