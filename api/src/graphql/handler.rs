//! `POST /graphql`: JSON in, JSON out, always as somebody.

use async_graphql::{PathSegment, Response as GraphQlResponse, ServerError, Value};
use async_graphql_axum::GraphQLResponse;
use axum::{
    Extension,
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{error::Code, fragments};
use crate::{
    error::ApiError,
    state::AppState,
    supertokens::{ClientAddress, session::Request},
};

/// Seconds after which a client may try again when the database is away.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("2");

/// Executes one operation as the user of the request's session.
///
/// Errors: 415 for another content type than `application/json`, 401 without a session, 400 for
/// a body that is no GraphQL request, 503 while the database is away.
pub async fn handler(
    State(state): State<AppState>,
    client: Option<Extension<ClientAddress>>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let client = client.map(|Extension(client)| client);
    let answer = execute(&state, client, &method, &headers, &body).await;
    answer.unwrap_or_else(|refusal| refusal)
}

async fn execute(
    state: &AppState,
    client: Option<ClientAddress>,
    method: &Method,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Response, Response> {
    if !is_json(headers) {
        return Err(ApiError::UnsupportedMediaType.into_response());
    }
    let session = state
        .supertokens
        .session(Request { method, headers })
        .await
        .map_err(IntoResponse::into_response)?;
    let mut response = match parse(body) {
        Ok(mut request) => {
            if let Some(client) = client {
                request = request.data(client);
            }
            let mut response = state.schema.execute(request.data(session.claims)).await;
            response.errors.iter_mut().for_each(ensure_code);
            raise_failures(&mut response);
            answer(response)
        }
        Err(error) => error.into_response(),
    };
    // A resolver that ends the session has the last word about its tokens.
    let mut headers = session.headers;
    headers.extend(std::mem::take(response.headers_mut()));
    *response.headers_mut() = headers;
    Ok(response)
}

/// One operation. A batch is refused: it would multiply what the limits allow.
fn parse(body: &[u8]) -> Result<async_graphql::Request, ApiError> {
    let is_batch = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    if is_batch {
        return Err(ApiError::BadRequest("Send one operation a request: batches are off.".into()));
    }
    let mut request: async_graphql::Request = serde_json::from_slice(body).map_err(|error| {
        ApiError::BadRequest(format!("The body is no GraphQL request: {error}."))
    })?;
    // A document that cannot be parsed is for the executor to explain.
    if request.parsed_query().is_ok_and(fragments::too_many) {
        return Err(ApiError::BadRequest("The operation spreads fragments too often.".into()));
    }
    Ok(request)
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

/// Lets the failure of a non-null field rise to the whole answer (GraphQL, 6.4.4).
///
/// async-graphql 7.2 leaves a field that failed out and keeps the rest. Our nullable fields
/// answer null by themselves, so a field that was left out is non-null, and so are its parents.
fn raise_failures(response: &mut GraphQlResponse) {
    let data = &response.data;
    if response.errors.iter().any(|error| is_left_out(data, &error.path)) {
        response.data = Value::Null;
    }
}

fn is_left_out(data: &Value, path: &[PathSegment]) -> bool {
    let Some((first, rest)) = path.split_first() else { return false };
    let child = match (data, first) {
        (Value::Object(fields), PathSegment::Field(name)) => fields.get(name.as_str()),
        (Value::List(items), PathSegment::Index(index)) => items.get(*index),
        // A null stands for all that would be below it.
        _ => return false,
    };
    child.is_none_or(|child| is_left_out(child, rest))
}

/// Resolvers give every error its code; those without one were found by the executor in the
/// request itself.
fn ensure_code(error: &mut ServerError) {
    let extensions = error.extensions.get_or_insert_default();
    if extensions.get("code").is_none() {
        extensions.set("code", Code::BadUserInput.as_str());
    }
}

fn answer(response: GraphQlResponse) -> Response {
    let unavailable = is_empty(&response.data)
        && response.errors.iter().any(|error| has_code(error, Code::ServiceUnavailable));
    let mut response = GraphQLResponse::from(response).into_response();
    if unavailable {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
    }
    response
}

/// Whether there is nothing in the answer that a client could use.
fn is_empty(data: &Value) -> bool {
    match data {
        Value::Object(fields) => fields.values().all(|field| *field == Value::Null),
        data => *data == Value::Null,
    }
}

fn has_code(error: &ServerError, code: Code) -> bool {
    let found = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
    matches!(found, Some(Value::String(text)) if text == code.as_str())
}
