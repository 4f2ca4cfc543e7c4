//! The JSON that the Core answers with.

use axum::{
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value};

/// A 200 with a JSON object. Most carry a `status`: `OK`, or the name of an expected failure.
pub(super) struct Answer(Value);

impl Answer {
    /// `fields`, which must be an object, plus `"status": "OK"`.
    pub(super) fn ok(mut fields: Value) -> Self {
        fields["status"] = "OK".into();
        Self(fields)
    }

    /// Nothing but a status.
    pub(super) fn status(status: &'static str) -> Self {
        Self(Map::from_iter([("status".to_owned(), status.into())]).into())
    }

    /// Exactly `fields`.
    pub(super) fn bare(fields: Value) -> Self {
        Self(fields)
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, "application/json;charset=UTF-8")], self.0.to_string()).into_response()
    }
}
