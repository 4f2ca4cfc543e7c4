//! The route table, and every layer that a request passes.

pub mod admin;
mod admission;
mod client;
mod conditional;
mod cors;
mod headers;
mod hosts;
mod site;

use std::time::Duration;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
};

use crate::{
    concurrency::ConcurrencyLimit,
    config::{Config, Environment},
    error::ApiError,
    graphql, mail,
    state::AppState,
    telemetry::request::{REQUEST_ID, Timing, accept_request_id, observe},
};

/// Bodies are one operation or one form.
const MAX_BODY: usize = 64 * 1024;
const GRAPHQL: &str = "/graphql";

/// All that the service answers.
pub fn router(state: &AppState, config: &Config) -> Router {
    let routes = Router::new()
        .route(GRAPHQL, post(graphql::handler))
        .route("/graphql/ws", get(graphql::socket))
        .route("/livez", get(async || StatusCode::OK))
        .route("/readyz", get(ready))
        .with_state(state.clone())
        .merge(supertokens::routes(state.supertokens.clone()))
        .merge(site::page(config.page()));
    let routes = match config.environment {
        Environment::Development => routes.merge(development(state, config)),
        Environment::Production => routes,
    };
    layers(routes.method_not_allowed_fallback(async || ApiError::MethodNotAllowed), config)
}

/// Pages for developers, which another host's page must not read.
fn development(state: &AppState, config: &Config) -> Router {
    let hosts = hosts::Hosts::new(config);
    state
        .outbox
        .clone()
        .map(mail::page)
        .unwrap_or_default()
        .merge(site::playground(config.playground()))
        .layer(middleware::from_fn_with_state(hosts, hosts::known_only))
}

/// What every request passes, from the outermost to the innermost.
///
/// What only looks at a request or at an answer is a closure: each `from_fn` copies all that is below it.
pub fn layers(router: Router, config: &Config) -> Router {
    let proxies = client::Proxies::new(config);
    let security = headers::Security::new(config);
    let layers = ServiceBuilder::new()
        .map_request(accept_request_id)
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .layer(middleware::from_fn_with_state(
            Timing(config.environment == Environment::Development),
            observe,
        ))
        .map_request(move |request| proxies.identify(request))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .map_response(move |response| security.secure(response))
        .layer(middleware::from_fn_with_state(cors::Cors::new(config), cors::share))
        .layer(CompressionLayer::new())
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state(Bounds::new(config), answer))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            ApiError::Internal.into_response()
        }));
    router.layer(layers)
}

/// What no request goes beyond.
#[derive(Clone)]
struct Bounds {
    time: Duration,
    limit: ConcurrencyLimit,
}

impl Bounds {
    fn new(config: &Config) -> Self {
        Self { time: config.request_timeout, limit: ConcurrencyLimit::new(&config.budget()) }
    }
}

/// An answer within the time that a request has.
///
/// Extractors and layers answer in plain text; clients of this service read JSON, and those of GraphQL
/// a list of errors.
async fn answer(State(bounds): State<Bounds>, request: Request, next: Next) -> Response {
    let graphql = (request.uri().path() == GRAPHQL).then(|| graphql::request_id(request.headers()));
    let response =
        match tokio::time::timeout(bounds.time, admission::run(&bounds.limit, request, next)).await
        {
            Ok(response) => as_json(response),
            Err(_) => ([(header::RETRY_AFTER, "5")], ApiError::Timeout).into_response(),
        };
    match (graphql, response.extensions().get::<ApiError>()) {
        (Some(request_id), Some(error)) => {
            let errors = Json(graphql::refusal(error, &request_id));
            let (mut head, _) = response.into_parts();
            head.headers.remove(header::CONTENT_LENGTH);
            Response::from_parts(head, errors.into_response().into_body())
        }
        _ => response,
    }
}

fn as_json(response: Response) -> Response {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || response.headers().contains_key(header::CONTENT_TYPE) && !is_text(&response) {
        return response;
    }
    let kept = [header::ALLOW, header::CACHE_CONTROL, header::VARY];
    let kept = kept.map(|name| response.headers().get(&name).cloned().map(|value| (name, value)));
    let mut response = match status {
        StatusCode::BAD_REQUEST => {
            ApiError::BadRequest("The request cannot be read.".into()).into_response()
        }
        StatusCode::NOT_FOUND => ApiError::NotFound.into_response(),
        StatusCode::METHOD_NOT_ALLOWED => ApiError::MethodNotAllowed.into_response(),
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::PayloadTooLarge.into_response(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ApiError::UnsupportedMediaType.into_response(),
        _ => response,
    };
    response.headers_mut().extend(kept.into_iter().flatten());
    response
}

fn is_text(response: &Response) -> bool {
    let content_type = response.headers().get(header::CONTENT_TYPE);
    content_type.is_some_and(|value| value.as_bytes().starts_with(b"text/plain"))
}

/// `GET /readyz`: 200 when signed-in users can be served, otherwise 503.
async fn ready(State(state): State<AppState>) -> Response {
    let report = state.health.report().await;
    (report.status(), Json(report.summary())).into_response()
}
