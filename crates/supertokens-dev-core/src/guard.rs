//! What every request passes before its handler.

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::{
    extract::{OriginalUri, Request, State},
    http::{HeaderMap, StatusCode},
    middleware::Next,
    response::{IntoResponse, Response},
};
use secrecy::ExposeSecret;

use super::{
    Core,
    error::{self, Error, Result},
    jwks,
    multitenancy::{self, Unknown},
    secret::sha256,
    version,
};

/// Refuses a caller without the API key, and a CDI version that the Core does not speak.
pub(super) async fn admit(
    State(core): State<Arc<Core>>,
    request: Request,
    next: Next,
) -> Result<Response> {
    check_api_key(&core, request.headers())?;
    version::check(request.headers())?;
    Ok(next.run(request).await)
}

fn check_api_key(core: &Core, headers: &HeaderMap) -> Result<()> {
    let Some(expected) = &core.api_key else { return Ok(()) };
    let given = headers.get("api-key").map_or(&[][..], |value| value.as_bytes());
    // Hashed first, so that the comparison takes as long whatever the lengths are.
    verify_slices_are_equal(
        sha256(given).as_ref(),
        sha256(expected.expose_secret().as_bytes()).as_ref(),
    )
    .map_err(|_| Error::ApiKey)
}

/// Finishes a request whose caller has gone away: sqlx 0.9.0 can return a connection to the pool
/// inside a transaction when the future that was beginning it is dropped.
pub(super) async fn run_to_completion(request: Request, next: Next) -> Response {
    match tokio::spawn(next.run(request)).await {
        Ok(response) => response,
        Err(panic) => Error::internal(panic).into_response(),
    }
}

/// An address of no route, or of an app or a tenant that does not exist. An app that does not exist has no API key.
pub(super) async fn not_found(
    State(core): State<Arc<Core>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response> {
    let Some(unknown) = Unknown::of(uri.path()) else {
        return Ok(error::text(StatusCode::NOT_FOUND, "Not found"));
    };
    match unknown {
        // These ask for no tenant, so any name will do.
        Unknown::Tenant { path: "hello", .. } => return Ok(multitenancy::hello().await),
        Unknown::Tenant { path: ".well-known/jwks.json", .. } => {
            return jwks(State(core)).await.map(IntoResponse::into_response);
        }
        Unknown::Tenant { .. } => check_api_key(&core, &headers)?,
        Unknown::App { .. } => {}
    }
    unknown.answer().map(IntoResponse::into_response)
}

pub(super) async fn method_not_allowed() -> Response {
    error::text(StatusCode::METHOD_NOT_ALLOWED, "Method not supported")
}
