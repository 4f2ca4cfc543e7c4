//! `POST /graphql`: JSON in, JSON out, always as somebody.

use std::time::Instant;

use async_graphql::{Response as GraphQlResponse, ServerError};
use async_graphql_axum::GraphQLResponse;
use axum::{
    Extension, Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::json;
use supertokens::{ClientAddress, SuperTokens, session::Request};
use tracing::Instrument as _;

use super::{
    answer::{RequestId, code, complete, is_nothing_but, is_request_error},
    body,
    endpoint::Endpoint,
    error::Code,
    media_type::MediaType,
    socket::Sockets,
};
use crate::{
    concurrency::Permit,
    error::ApiError,
    telemetry::request::{Observed, Operation, UserHash},
};

/// Seconds after which a client may try again when the database is away.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("2");

/// What both transports need.
#[derive(Clone)]
pub struct GraphqlState {
    pub endpoint: Endpoint,
    pub supertokens: SuperTokens,
    pub sockets: Sockets,
}

/// Executes one operation as the user of the request's session.
///
/// Errors: 415 for another content type than `application/json`, 406 for an `Accept` without JSON, 401 without a
/// session, 400 for a body that is not a GraphQL request, 503 while the database is unavailable or too many requests are
/// in flight. Request errors are 200 in `application/json`, and 400 in `application/graphql-response+json` (GraphQL over
/// HTTP, 6.4).
pub async fn handler(
    State(state): State<GraphqlState>,
    client: Option<Extension<ClientAddress>>,
    permit: Option<Extension<Permit>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = Request { method: &method, path: uri.path(), headers: &headers };
    let (client, permit) = (client.map(|Extension(of)| of), permit.map(|Extension(of)| of));
    let response = execute(&state, client, permit, request, &body).await;
    response.unwrap_or_else(|rejection| rejection)
}

async fn execute(
    state: &GraphqlState,
    client: Option<ClientAddress>,
    permit: Option<Permit>,
    request: Request<'_>,
    body: &Bytes,
) -> Result<Response, Response> {
    let headers = request.headers;
    if !is_json(headers) {
        return Err(ApiError::UnsupportedMediaType.into_response());
    }
    let media_type = MediaType::accepted(headers).ok_or(ApiError::NotAcceptable);
    let media_type = media_type.map_err(IntoResponse::into_response)?;
    let started = Instant::now();
    let authenticated = state.supertokens.authenticate(request).await;
    let authenticated = authenticated.map_err(IntoResponse::into_response)?;
    // Before the Core is asked: requests that wait for it are the user's, too.
    if permit.as_ref().is_some_and(|permit| !permit.count_for_user(authenticated.user_id())) {
        return Err(ApiError::shed());
    }
    let session = state.supertokens.confirm_required(authenticated).await;
    let session = session.map_err(IntoResponse::into_response)?;
    let mut observed = Observed {
        user: Some(UserHash::of(session.claims.user_id())),
        operation: None,
        parts: vec![("session", started.elapsed())],
    };
    let mut response = match body::parse(body) {
        Ok(mut request) => {
            if let Some(client) = client {
                request = request.data(client);
            }
            if let Some(permit) = permit {
                request = request.data(permit);
            }
            let request = request.data(session.claims).data(request_id(headers));
            let (known, given) = (state.endpoint.name_of(&request), request.operation_name.clone());
            let started = Instant::now();
            let span = tracing::debug_span!("operation", graphql.operation.name = known.as_deref());
            let response = state.endpoint.execute(request).instrument(span).await;
            let took = started.elapsed();
            observed.parts.push(("operation", took));
            observed.operation = Some(Operation { known, given, code: code(&response), took });
            answer(response, media_type)
        }
        Err(error) => error.into_response(),
    };
    // A resolver that ends the session has the last word about its tokens.
    let mut headers = session.headers;
    headers.extend(std::mem::take(response.headers_mut()));
    *response.headers_mut() = headers;
    response.extensions_mut().insert(observed);
    Ok(response)
}

/// The id that the router gave the request, or the client.
pub fn request_id(headers: &HeaderMap) -> RequestId {
    let id = headers.get("x-request-id").and_then(|id| id.to_str().ok());
    RequestId(id.unwrap_or_default().to_owned())
}

/// The error of a request that never became an operation, as GraphQL clients read errors.
pub fn refusal(error: &ApiError, request_id: &RequestId) -> GraphQlResponse {
    let mut told = ServerError::new(error.text(), None);
    told.extensions.get_or_insert_default().set("code", Code::from(error));
    let mut response = GraphQlResponse::from_errors(vec![told]);
    complete(&mut response, request_id);
    response
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

fn answer(response: GraphQlResponse, media_type: MediaType) -> Response {
    let is_unavailable = is_nothing_but(&response, Code::ServiceUnavailable);
    let mut answered = if is_request_error(&response) {
        // Without `data`: nothing was executed (GraphQL, 7.1).
        let mut rejected = Json(json!({"errors": response.errors})).into_response();
        *rejected.status_mut() = media_type.status_of_request_error();
        rejected
    } else {
        GraphQLResponse::from(response).into_response()
    };
    answered.headers_mut().insert(header::CONTENT_TYPE, media_type.content_type());
    if is_unavailable {
        *answered.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        answered.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
    }
    answered
}
