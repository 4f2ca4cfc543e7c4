//! What goes wrong on the FDI, and how it is answered.

use axum::{
    Extension, Json,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::core::CoreError;

const FOREIGN_ORIGIN: &str = "This request comes from a page whose origin is not configured. Open the page at \
                              WEBSITE_DOMAIN, or set WEBSITE_DOMAIN to the origin of the page.";

const NO_MAIL: &str = "The email could not be sent. Try again in a minute.";

/// Seconds after which a client may try again when the Core is away.
const RETRY_AFTER: u64 = 5;

/// An FDI request that failed. Expected outcomes, such as wrong credentials, are no errors: they
/// are a 200 with a `status`.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No session: sign in.
    #[error("unauthorised")]
    Unauthorised,
    /// A session that is expired or unproven: refresh and try again.
    #[error("try refresh token")]
    TryRefreshToken,
    /// Two cookies of one name: refresh and try again. The headers clear those that a refresh does not see.
    #[error("try refresh token")]
    AmbiguousCookies(HeaderMap),
    /// A session that is over. The headers clear the client's tokens.
    #[error("unauthorised")]
    SessionEnded(HeaderMap),
    /// A refresh token that was used before. The headers clear the client's tokens.
    #[error("token theft detected")]
    TokenTheft(HeaderMap),
    /// A claim of the session does not meet a validator.
    #[error("invalid claim")]
    InvalidClaim {
        /// FDI's `claimValidationErrors`.
        failures: Vec<Value>,
        /// They hand out the claims that were fetched for the check.
        headers: HeaderMap,
    },
    /// A request that a page of another origin had the browser send.
    #[error("the request comes from a page whose origin is not configured")]
    ForeignOrigin,
    /// Input that the FDI does not allow; the text is for the client.
    #[error("{0}")]
    BadInput(String),
    /// Tried more often than [`RateLimits`](super::RateLimits) allow.
    #[error("too many attempts")]
    TooMany {
        /// In seconds.
        retry_after: u64,
    },
    /// A refusal in words for the user, where no status of the FDI fits.
    #[error("{0}")]
    General(String),
    /// So many mails are waiting that another one would be lost.
    #[error("too many mails are waiting")]
    MailUnavailable,
    /// Something that the request needs is not available: 503.
    #[error("unavailable: {what}")]
    Unavailable {
        /// What is not available, for the log.
        what: String,
        /// In seconds.
        retry_after: u64,
    },
    /// A provider of third-party sign-in that cannot be used now.
    #[error("{why}")]
    Provider {
        /// As users know it.
        name: String,
        /// The reason, for the log.
        why: String,
    },
    /// A fault of this program or of the Core: 500. The text is for the log.
    #[error("unexpected: {0}")]
    Unexpected(String),
}

impl From<CoreError> for Error {
    fn from(error: CoreError) -> Self {
        match error {
            CoreError::Unavailable(_) => Self::unavailable(error.to_string()),
            CoreError::Busy { retry_after } => {
                Self::Unavailable { what: error.to_string(), retry_after }
            }
            CoreError::InvalidPageToken => Self::BadInput(error.to_string()),
            CoreError::InvalidApiKey(_)
            | CoreError::UnknownAddress(_)
            | CoreError::UnsupportedVersion(_)
            | CoreError::Unexpected { .. } => Self::Unexpected(error.to_string()),
        }
    }
}

impl Error {
    /// [`Error::Unavailable`] without a time to retry after.
    pub fn unavailable(what: impl Into<String>) -> Self {
        Self::Unavailable { what: what.into(), retry_after: RETRY_AFTER }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let text = self.to_string();
        match self {
            Self::Unauthorised | Self::TryRefreshToken => message(StatusCode::UNAUTHORIZED, &text),
            Self::AmbiguousCookies(headers)
            | Self::SessionEnded(headers)
            | Self::TokenTheft(headers) => {
                (headers, message(StatusCode::UNAUTHORIZED, &text)).into_response()
            }
            Self::InvalidClaim { failures, headers } => {
                let body = json!({"message": text, "claimValidationErrors": failures});
                (StatusCode::FORBIDDEN, headers, Json(body)).into_response()
            }
            Self::ForeignOrigin => message(StatusCode::FORBIDDEN, FOREIGN_ORIGIN),
            Self::BadInput(text) => message(StatusCode::BAD_REQUEST, &text),
            Self::TooMany { retry_after } => {
                let text = come_back(retry_after);
                let body = message(StatusCode::TOO_MANY_REQUESTS, &text);
                let retry_after = [(header::RETRY_AFTER, retry_after.to_string())];
                (Extension(GeneralError(text)), retry_after, body).into_response()
            }
            Self::General(text) => GeneralError(text).into_response(),
            Self::MailUnavailable => {
                tracing::warn!(error = text, "a mail was refused");
                let body = message(StatusCode::SERVICE_UNAVAILABLE, NO_MAIL);
                let general = Extension(GeneralError(NO_MAIL.to_owned()));
                (general, [(header::RETRY_AFTER, "60")], body).into_response()
            }
            Self::Unavailable { retry_after, .. } => {
                tracing::warn!(error = text, "sign-in is unavailable");
                let body = message(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "Signing in is not possible right now. Try again in a few seconds.",
                );
                ([(header::RETRY_AFTER, retry_after.to_string())], body).into_response()
            }
            Self::Provider { name, .. } => {
                tracing::warn!(error = text, "a provider cannot be used");
                let text = format!(
                    "Signing in with {name} is not possible right now. Try again, or sign in \
                     another way."
                );
                message(StatusCode::BAD_GATEWAY, &text)
            }
            Self::Unexpected(_) => {
                tracing::error!(error = text, "sign-in failed");
                message(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "Something went wrong on our side. Try again later.",
                )
            }
        }
    }
}

/// FDI `GENERAL_ERROR`: a text that official user interfaces show. In the extensions of a response with another status,
/// what they get instead: of such a status they show no text.
#[derive(Debug, Clone)]
pub struct GeneralError(String);

impl IntoResponse for GeneralError {
    fn into_response(self) -> Response {
        Json(json!({"status": "GENERAL_ERROR", "message": self.0})).into_response()
    }
}

fn message(status: StatusCode, text: &str) -> Response {
    (status, Json(json!({"message": text}))).into_response()
}

/// Refuses who has tried too often; `retry_after` is in seconds.
pub fn come_back(retry_after: u64) -> String {
    format!("Too many attempts. Try again in {}.", duration(retry_after))
}

/// As one says it, never too short.
fn duration(seconds: u64) -> String {
    match seconds {
        1 => "a second".into(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}
