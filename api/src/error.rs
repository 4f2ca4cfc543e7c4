//! Errors of plain HTTP, as JSON: `{"message": "what to do"}`.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

/// A request that never reached a resolver or recipe.
#[derive(Debug)]
pub enum ApiError {
    /// The text is for the client.
    BadRequest(String),
    /// The text is for the client.
    Forbidden(&'static str),
    NotFound,
    MethodNotAllowed,
    PayloadTooLarge,
    UnsupportedMediaType,
    /// Took longer than a request may.
    Timeout,
    TooManySockets,
    Internal,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::BadRequest(text) => (StatusCode::BAD_REQUEST, text),
            Self::Forbidden(text) => (StatusCode::FORBIDDEN, text.into()),
            Self::NotFound => (StatusCode::NOT_FOUND, "There is nothing here.".into()),
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "This address takes another method.".into())
            }
            Self::PayloadTooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, "The body is too large.".into())
            }
            Self::UnsupportedMediaType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "Send the body as application/json.".into())
            }
            Self::Timeout => (
                StatusCode::SERVICE_UNAVAILABLE,
                "This took too long. Try again in a moment.".into(),
            ),
            Self::TooManySockets => {
                (StatusCode::SERVICE_UNAVAILABLE, "Too many are connected. Try again later.".into())
            }
            Self::Internal => {
                (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong on our side.".into())
            }
        };
        (status, Json(json!({"message": text}))).into_response()
    }
}
