//! Everything a request can end in but its answer.

use std::net::SocketAddr;

use axum::{
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::answer::Answer;

/// Why [`start`](super::start) gave up.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address to listen on is no loopback address.
    #[error("the development Core listens on loopback addresses only, not on {0}")]
    NotLoopback(SocketAddr),
    /// PostgreSQL cannot be reached, or rejects a statement.
    #[error("the development Core cannot use its database")]
    Database(#[from] sqlx::Error),
    /// The address cannot be bound.
    #[error("the development Core cannot listen on {address}")]
    Listen {
        /// The address of [`Options::listen`](super::Options::listen).
        address: SocketAddr,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// A signing or encryption key cannot be read or made.
    #[error("the development Core cannot make or read its secrets")]
    Secrets(#[source] Cause),
}

/// The cause of an internal error: for the log, never for the caller.
pub(super) type Cause = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// 400, `text/html`: the request is malformed.
    #[error("{0}")]
    BadRequest(String),
    /// 403, `text/html`: asked of a tenant, and only the app has it.
    #[error("Only public tenantId can call this app specific API")]
    OnlyForApp,
    /// 415, `text/html`: a body in a charset that is not read.
    #[error("Charset {0} is not supported: send application/json; charset=utf-8")]
    Charset(String),
    /// 401, `text/html`: the API key is missing or wrong.
    #[error("Invalid API key")]
    ApiKey,
    /// 402, `text/html`: a Core does it only with a licence.
    #[error("{0}")]
    Paid(&'static str),
    /// 200, status `UNAUTHORISED`: the session is gone.
    #[error("{0}")]
    Unauthorised(String),
    /// 200, status `TRY_REFRESH_TOKEN`: the access token is no proof, a refresh may give one.
    #[error("{0}")]
    TryRefreshToken(String),
    /// 500, `text/html`.
    #[error("Internal Error")]
    Internal(#[source] Cause),
}

pub(super) type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::BadRequest(message.into())
    }

    pub(super) fn unauthorised(message: impl Into<String>) -> Self {
        Self::Unauthorised(message.into())
    }

    pub(super) fn try_refresh_token(message: impl Into<String>) -> Self {
        Self::TryRefreshToken(message.into())
    }

    pub(super) fn internal(cause: impl Into<Cause>) -> Self {
        Self::Internal(cause.into())
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        // Class 22 is "data exception": the caller sent a value that PostgreSQL cannot hold, such
        // as a NUL in a string.
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        if code.is_some_and(|code| code.starts_with("22")) {
            return Self::bad_request("Invalid value in input");
        }
        Self::internal(error)
    }
}

impl From<Error> for StartError {
    fn from(error: Error) -> Self {
        match error {
            Error::Internal(cause) => match cause.downcast::<sqlx::Error>() {
                Ok(error) => Self::Database(*error),
                Err(cause) => Self::Secrets(cause),
            },
            other => Self::Secrets(other.into()),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Unauthorised(message) => {
                return Answer::bare(json!({ "status": "UNAUTHORISED", "message": message }))
                    .into_response();
            }
            Self::TryRefreshToken(message) => {
                return Answer::bare(json!({ "status": "TRY_REFRESH_TOKEN", "message": message }))
                    .into_response();
            }
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::OnlyForApp => StatusCode::FORBIDDEN,
            Self::Charset(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::ApiKey => StatusCode::UNAUTHORIZED,
            Self::Paid(_) => StatusCode::PAYMENT_REQUIRED,
            Self::Internal(cause) => {
                tracing::error!(error = %chain(cause.as_ref()), "development Core: request failed");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        text(status, &self.to_string())
    }
}

/// A plain text answer as the Core writes it: labelled HTML, with a line break at its end.
pub(super) fn text(status: StatusCode, message: &str) -> Response {
    (status, [(CONTENT_TYPE, "text/html;charset=UTF-8")], format!("{message}\n")).into_response()
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
