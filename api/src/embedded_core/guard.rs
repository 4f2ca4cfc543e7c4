//! What every request passes before its handler.

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::{
    extract::{OriginalUri, Request, State},
    http::{HeaderMap, StatusCode},
    middleware::Next,
    response::{IntoResponse, Response},
};
use secrecy::{ExposeSecret, SecretString};

use super::{
    Core,
    error::{self, Error, Result},
    multitenancy,
    secret::sha256,
    version,
};

/// Refuses a caller without the API key, and a CDI version that the Core does not speak.
pub(super) async fn admit(
    State(core): State<Arc<Core>>,
    request: Request,
    next: Next,
) -> Result<Response> {
    if let Some(api_key) = &core.api_key {
        check_api_key(api_key, request.headers())?;
    }
    version::check(request.headers())?;
    Ok(next.run(request).await)
}

fn check_api_key(expected: &SecretString, headers: &HeaderMap) -> Result<()> {
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

/// An address of no route, or of a tenant that does not exist.
pub(super) async fn not_found(OriginalUri(uri): OriginalUri) -> Response {
    match multitenancy::tenant_of(uri.path()) {
        Some(tenant) => multitenancy::unknown(tenant, uri.path()),
        None => error::text(StatusCode::NOT_FOUND, "Not found"),
    }
}

pub(super) async fn method_not_allowed() -> Response {
    error::text(StatusCode::METHOD_NOT_ALLOWED, "Method not supported")
}
