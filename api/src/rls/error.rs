//! Errors of the connection as those of sqlx, which is how SeaORM has them.

use std::{borrow::Cow, error::Error as StdError, fmt, io, sync::Arc};

use fallible_iterator::FallibleIterator as _;
use postgres_protocol::message::backend::ErrorResponseBody;
use sea_orm::{DbErr, RuntimeErr};
use sqlx::error::{DatabaseError, ErrorKind};
use tokio_postgres::error::SqlState;

/// Why a statement came to nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The connection is no good any more.
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// What cannot be written for the server, or is not understood of it.
    #[error("{0}")]
    Unusable(String),
}

/// What a statement came to that was sent.
pub(super) fn query_error(failure: Failure) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(Arc::new(sqlx_failure(failure))))
}

pub(super) fn sqlx_failure(failure: Failure) -> sqlx::Error {
    match failure {
        Failure::Io(error) => sqlx::Error::Io(error),
        Failure::Refused(refusal) => sqlx::Error::Database(Box::new(refusal)),
        Failure::Unusable(text) => sqlx::Error::Protocol(text),
    }
}

pub(super) fn connection_error(error: sqlx::Error) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error)))
}

/// The connection is no good any more, for this reason.
pub(super) fn broken(why: &str) -> DbErr {
    connection_error(sqlx::Error::Io(io::Error::other(why.to_owned())))
}

/// What signing in came to.
pub(super) fn sqlx_error(error: tokio_postgres::Error) -> sqlx::Error {
    if let Some(refusal) = error.as_db_error() {
        let text = |text: Option<&str>| text.map(str::to_owned);
        return sqlx::Error::Database(Box::new(Refusal {
            code: refusal.code().clone(),
            message: refusal.message().to_owned(),
            constraint: text(refusal.constraint()),
            table: text(refusal.table()),
        }));
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
pub(super) struct Refusal {
    code: SqlState,
    message: String,
    constraint: Option<String>,
    table: Option<String>,
}

impl Refusal {
    /// From an `ErrorResponse` (PostgreSQL, "Error and Notice Message Fields").
    pub fn read(body: &ErrorResponseBody) -> io::Result<Self> {
        let (mut code, mut message) = (SqlState::INTERNAL_ERROR, String::new());
        let (mut constraint, mut table) = (None, None);
        let mut fields = body.fields();
        while let Some(field) = fields.next()? {
            let value = String::from_utf8_lossy(field.value_bytes());
            match field.type_() {
                b'C' => code = SqlState::from_code(&value),
                b'M' => message = value.into_owned(),
                b'n' => constraint = Some(value.into_owned()),
                b't' => table = Some(value.into_owned()),
                _ => {}
            }
        }
        Ok(Self { code, message, constraint, table })
    }

    pub fn code(&self) -> &SqlState {
        &self.code
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Refusal {}

impl DatabaseError for Refusal {
    fn message(&self) -> &str {
        &self.message
    }

    /// The SQLSTATE.
    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.code.code().into())
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
        self.constraint.as_deref()
    }

    fn table(&self) -> Option<&str> {
        self.table.as_deref()
    }

    fn kind(&self) -> ErrorKind {
        match self.code {
            SqlState::UNIQUE_VIOLATION => ErrorKind::UniqueViolation,
            SqlState::FOREIGN_KEY_VIOLATION => ErrorKind::ForeignKeyViolation,
            SqlState::NOT_NULL_VIOLATION => ErrorKind::NotNullViolation,
            SqlState::CHECK_VIOLATION => ErrorKind::CheckViolation,
            SqlState::EXCLUSION_VIOLATION => ErrorKind::ExclusionViolation,
            _ => ErrorKind::Other,
        }
    }
}
