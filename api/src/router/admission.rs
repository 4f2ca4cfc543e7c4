//! Admits as many GraphQL operations as may be in flight: see [`ConcurrencyLimit`].

use std::time::Duration;

use axum::{
    RequestExt as _,
    body::{Bytes, HttpBody as _},
    extract::{Request, rejection::BytesRejection},
    http::header,
    middleware::Next,
    response::{IntoResponse, Response},
};
use tokio::time::timeout;

use super::GRAPHQL;
use crate::{concurrency::ConcurrencyLimit, error::ApiError};

/// How long a client may take to send a body.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// Reads the body first: a slow client needs no permit.
pub async fn run(limit: &ConcurrencyLimit, request: Request, next: Next) -> Response {
    let mut request = match timeout(BODY_TIMEOUT, with_body(request)).await {
        Ok(Ok(request)) => request,
        Ok(Err(rejection)) => return rejection.into_response(),
        Err(_) => return ([(header::CONNECTION, "close")], ApiError::SlowBody).into_response(),
    };
    if request.uri().path() == GRAPHQL {
        let Some(permit) = limit.acquire() else { return ApiError::shed() };
        request.extensions_mut().insert(permit);
    }
    next.run(request).await
}

/// The same request with its whole body, or an error if it is too long.
async fn with_body(mut request: Request) -> Result<Request, BytesRejection> {
    if request.body().is_end_stream() {
        return Ok(request);
    }
    let body = std::mem::take(request.body_mut());
    let mut reading = Request::new(body);
    // The limit is one of the extensions.
    reading.extensions_mut().clone_from(request.extensions());
    *request.body_mut() = reading.extract::<Bytes, _>().await?.into();
    Ok(request)
}
