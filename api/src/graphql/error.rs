//! The errors that clients see: a closed list of codes, and no internal text.

use async_graphql::{Enum, ErrorExtensions};
use sea_orm::DbErr;
use supertokens::core::CoreError;

use crate::{error::ApiError, rls};

/// `extensions.code` of an error: what a client can act on. Beside it, `extensions.requestId` names the
/// request in the service's log.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "ErrorCode")]
pub enum Code {
    /// The request cannot be meant so, or asks for more than one may; the message says what to change.
    BadUserInput,
    /// There is nothing of this id that the user may see.
    NotFound,
    /// The session is gone.
    Unauthenticated,
    /// The session is not allowed this.
    Forbidden,
    /// No document of this hash is known: one that is gone, or was never the page's.
    PersistedQueryNotFound,
    /// Only documents that the service knows are executed: send a hash in place of a text.
    PersistedQueryIdRequired,
    /// Tried too often; the message says when to come back.
    TooManyAttempts,
    /// A part of the service is away; the same request may work later.
    ServiceUnavailable,
    /// More is asked at once than can be answered soon; the same request works in a moment.
    Overloaded,
    /// A fault on our side; the details are in the log.
    Internal,
}

/// What goes wrong with an operation.
#[derive(Debug, Clone)]
pub enum Error {
    /// The text is for the client.
    BadUserInput(String),
    NotFound,
    /// There is no session with this id that is the user's own.
    NoSession,
    Unauthenticated,
    /// The text is for the client.
    Forbidden(String),
    PersistedQueryNotFound,
    PersistedQueryIdRequired,
    /// The text is for the client.
    TooMany(String),
    /// The server stopped a statement. The cause is for the log.
    StatementTimeout(String),
    /// The cause is for the log.
    Unavailable(String),
    /// The cause is for the log.
    Internal(String),
}

impl Error {
    pub fn bad_input(text: impl Into<String>) -> Self {
        Self::BadUserInput(text.into())
    }

    fn code(&self) -> Code {
        match self {
            Self::BadUserInput(_) => Code::BadUserInput,
            Self::NotFound | Self::NoSession => Code::NotFound,
            Self::Unauthenticated => Code::Unauthenticated,
            Self::Forbidden(_) => Code::Forbidden,
            Self::PersistedQueryNotFound => Code::PersistedQueryNotFound,
            Self::PersistedQueryIdRequired => Code::PersistedQueryIdRequired,
            Self::TooMany(_) => Code::TooManyAttempts,
            Self::StatementTimeout(_) | Self::Unavailable(_) => Code::ServiceUnavailable,
            Self::Internal(_) => Code::Internal,
        }
    }

    fn text(self) -> String {
        match self {
            Self::BadUserInput(text) | Self::Forbidden(text) | Self::TooMany(text) => text,
            Self::NotFound => "There is no todo with this id.".into(),
            Self::NoSession => "You have no session with this id.".into(),
            Self::Unauthenticated => "Sign in first.".into(),
            Self::PersistedQueryNotFound => {
                "No document of this hash is known here. A page that is older than the service should \
                 be loaded again."
                    .into()
            }
            Self::PersistedQueryIdRequired => {
                "Only documents that the service knows are executed: send the SHA-256 of one as \
                 extensions.persistedQuery.sha256Hash or documentId."
                    .into()
            }
            Self::StatementTimeout(_) | Self::Unavailable(_) => {
                "This is not possible right now. Try again in a moment.".into()
            }
            Self::Internal(_) => "Something went wrong on our side.".into(),
        }
    }
}

impl From<Error> for async_graphql::Error {
    fn from(error: Error) -> Self {
        match &error {
            Error::StatementTimeout(cause) | Error::Unavailable(cause) => {
                tracing::warn!(cause, "a resolver's source is away");
            }
            Error::Internal(cause) => tracing::error!(cause, "a resolver failed"),
            _ => {}
        }
        let code = error.code();
        Self::new(error.text()).extend_with(|_, extensions| extensions.set("code", code))
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        // A connection that cannot be opened is never the request's fault, such as after a change of the password.
        if let Some(text) = rls::quota_message(&error) {
            Self::bad_input(text)
        } else if rls::is_statement_timeout(&error) {
            Self::StatementTimeout(error.to_string())
        } else if matches!(error, DbErr::Conn(_)) || rls::is_unavailable(&error) {
            Self::Unavailable(error.to_string())
        } else {
            Self::Internal(error.to_string())
        }
    }
}

impl From<pg_scope::Error> for Error {
    fn from(error: pg_scope::Error) -> Self {
        DbErr::from(error).into()
    }
}

impl From<CoreError> for Error {
    fn from(error: CoreError) -> Self {
        match error {
            CoreError::Unavailable(_) | CoreError::Busy { .. } => {
                Self::Unavailable(error.to_string())
            }
            CoreError::InvalidApiKey(_)
            | CoreError::UnknownAddress(_)
            | CoreError::UnsupportedVersion(_)
            | CoreError::InvalidPageToken
            | CoreError::Unexpected { .. } => Self::Internal(error.to_string()),
        }
    }
}

impl From<supertokens::Error> for Error {
    fn from(error: supertokens::Error) -> Self {
        use supertokens::Error as Cause;
        match error {
            Cause::Unauthorised
            | Cause::TryRefreshToken
            | Cause::AmbiguousCookies(_)
            | Cause::SessionEnded(_)
            | Cause::TokenTheft(_) => Self::Unauthenticated,
            Cause::InvalidClaim { .. } | Cause::ForeignOrigin => Self::Forbidden(error.to_string()),
            Cause::BadInput(text) | Cause::General(text) => Self::BadUserInput(text),
            Cause::TooMany { retry_after } => Self::TooMany(supertokens::come_back(retry_after)),
            Cause::Unavailable { .. } | Cause::MailUnavailable | Cause::Provider { .. } => {
                Self::Unavailable(error.to_string())
            }
            Cause::Unexpected(_) => Self::Internal(error.to_string()),
        }
    }
}
impl From<&ApiError> for Code {
    fn from(error: &ApiError) -> Self {
        match error {
            ApiError::BadRequest(_)
            | ApiError::MethodNotAllowed
            | ApiError::PayloadTooLarge
            | ApiError::HeadTooLarge
            | ApiError::SlowBody
            | ApiError::NotAcceptable
            | ApiError::UnsupportedMediaType => Self::BadUserInput,
            ApiError::Forbidden(_) => Self::Forbidden,
            ApiError::NotFound => Self::NotFound,
            ApiError::Timeout | ApiError::TooManySockets | ApiError::TooManyConnections => {
                Self::ServiceUnavailable
            }
            ApiError::Overloaded => Self::Overloaded,
            ApiError::Internal => Self::Internal,
        }
    }
}
