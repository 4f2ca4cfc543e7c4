//! Errors of plain HTTP, as JSON: `{"message": "what to do"}`.

use axum::{
    Extension, Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use metrics::counter;
use serde_json::json;

use crate::telemetry::metrics::REQUESTS_SHED;

/// When to come back to a service that has too much to do: soon, since each place is free again within
/// milliseconds.
const WHEN_SHED: HeaderValue = HeaderValue::from_static("1");

/// A request that never reached a resolver or recipe.
#[derive(Debug, Clone)]
pub enum ApiError {
    /// The text is for the client.
    BadRequest(String),
    /// The text is for the client.
    Forbidden(&'static str),
    NotFound,
    MethodNotAllowed,
    PayloadTooLarge,
    /// The request's line and headers.
    HeadTooLarge,
    UnsupportedMediaType,
    /// `Accept` names no type that the service can respond with.
    NotAcceptable,
    /// Took longer than a request may.
    Timeout,
    TooManySockets,
    TooManyConnections,
    /// More requests are under way than can be answered soon.
    Overloaded,
    /// The body did not come within its time.
    SlowBody,
    Internal,
}

impl ApiError {
    /// The answer to a request that finds no place.
    pub fn shed() -> Response {
        counter!(REQUESTS_SHED).increment(1);
        ([(header::RETRY_AFTER, WHEN_SHED)], Self::Overloaded).into_response()
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Self::Timeout | Self::TooManySockets | Self::TooManyConnections | Self::Overloaded => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub fn text(&self) -> &str {
        match self {
            Self::BadRequest(text) => text,
            Self::Forbidden(text) => text,
            Self::NotFound => "There is nothing here.",
            Self::MethodNotAllowed => "This address takes another method.",
            Self::PayloadTooLarge => "The body is too large: up to 64 KiB are allowed.",
            Self::HeadTooLarge => "The headers are too large: up to 64 KiB are allowed.",
            Self::UnsupportedMediaType => "Send the body as application/json.",
            Self::NotAcceptable => "Accept application/json or application/graphql-response+json.",
            Self::Timeout => "This took too long. Try again in a moment.",
            Self::TooManySockets => "Too many are connected. Try again later.",
            Self::TooManyConnections => "Too many are connected. Try again in a moment.",
            Self::Overloaded => "Too many ask at once. Try again in a moment.",
            Self::SlowBody => "The body took too long to arrive. Send it again.",
            Self::Internal => "Something went wrong on our side.",
        }
    }
}

impl IntoResponse for ApiError {
    /// The response remembers what it says, for who says it in another form.
    fn into_response(self) -> Response {
        let body = Json(json!({"message": self.text()}));
        (self.status(), Extension(self), body).into_response()
    }
}
