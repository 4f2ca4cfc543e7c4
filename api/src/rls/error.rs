//! Errors of tokio-postgres as those of sqlx, which is how SeaORM has them.

use std::{borrow::Cow, error::Error as StdError, fmt, io, sync::Arc};

use sea_orm::{DbErr, RuntimeErr};
use sqlx::error::{DatabaseError, ErrorKind};
use tokio_postgres::error::{DbError, SqlState};

/// What a statement came to that was sent.
pub(super) fn query_error(error: tokio_postgres::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(Arc::new(sqlx_error(error))))
}

pub(super) fn connection_error(error: sqlx::Error) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error)))
}

/// The connection is no good any more, for this reason.
pub(super) fn broken(why: &str) -> DbErr {
    connection_error(sqlx::Error::Io(io::Error::other(why.to_owned())))
}

pub(super) fn sqlx_error(error: tokio_postgres::Error) -> sqlx::Error {
    if let Some(refusal) = error.as_db_error() {
        return sqlx::Error::Database(Box::new(Refusal(refusal.clone())));
    }
    let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    if error.is_closed() || cause.is_some() {
        return sqlx::Error::Io(io::Error::other(error));
    }
    // What connecting fails by, such as a login that the server does not take, is in the text.
    sqlx::Error::Protocol(error.to_string())
}

/// What the server said.
#[derive(Debug)]
struct Refusal(DbError);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl StdError for Refusal {}

impl DatabaseError for Refusal {
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
