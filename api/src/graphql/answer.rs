//! What every response has, whoever made it: codes and the request's id.

use std::sync::Arc;

use async_graphql::{Response, ServerError, Value};

use super::{Code, Error, limits::MAX_ERRORS};

/// The `x-request-id` of the request that an operation came with: the log has it, too.
#[derive(Debug, Clone, Default)]
pub struct RequestId(pub String);

/// An answer that has nothing but this error.
pub fn refusal(error: Error) -> Response {
    let error = async_graphql::Error::from(error);
    Response::from_errors(vec![error.into_server_error(async_graphql::Pos::default())])
}

/// Brings an answer into the form that clients rely on.
pub fn complete(response: &mut Response, RequestId(id): &RequestId) {
    response.errors.truncate(MAX_ERRORS);
    for error in &mut response.errors {
        // A place that nobody knows is none.
        error.locations.retain(|place| place.line > 0);
        let extensions = error.extensions.get_or_insert_default();
        // Resolvers give every error its code; those without one were found by the executor in the
        // request itself.
        if extensions.get("code").is_none() {
            extensions.set("code", Code::BadUserInput);
        }
        extensions.set("requestId", id.as_str());
    }
}

/// `OK`, or the code of the first error.
pub fn code(response: &Response) -> Arc<str> {
    let Some(error) = response.errors.first() else { return "OK".into() };
    match error.extensions.as_ref().and_then(|extensions| extensions.get("code")) {
        Some(Value::String(code)) => code.as_str().into(),
        Some(Value::Enum(code)) => code.as_str().into(),
        _ => "other".into(),
    }
}

/// Whether the answer has this error, and nothing that a client could use.
pub fn is_nothing_but(response: &Response, code: Code) -> bool {
    is_empty(&response.data) && response.errors.iter().any(|error| has_code(error, code))
}

/// Whether the request was rejected as a whole, before any field was executed: the errors of fields have a path.
pub fn is_request_error(response: &Response) -> bool {
    response.data == Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.is_empty())
}

fn has_code(error: &ServerError, code: Code) -> bool {
    let found = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
    found == Some(&Value::from(code))
}

fn is_empty(data: &Value) -> bool {
    match data {
        Value::Object(fields) => fields.values().all(|field| *field == Value::Null),
        data => *data == Value::Null,
    }
}
