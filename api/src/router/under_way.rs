//! Lets as many operations in as may be under way: see [`UnderWay`].

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
use crate::{error::ApiError, under_way::UnderWay};

/// How long a client may take to send a body.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// A body is read first: one that comes slowly takes nobody's place.
pub async fn run(under_way: &UnderWay, request: Request, next: Next) -> Response {
    let mut request = match timeout(BODY_WITHIN, with_body(request)).await {
        Ok(Ok(request)) => request,
        Ok(Err(refusal)) => return refusal.into_response(),
        Err(_) => return ([(header::CONNECTION, "close")], ApiError::SlowBody).into_response(),
    };
    if request.uri().path() == GRAPHQL {
        let Some(place) = under_way.enter() else { return ApiError::shed() };
        request.extensions_mut().insert(place);
    }
    next.run(request).await
}

/// The same request, all of whose body is here. As long as one may be.
async fn with_body(mut request: Request) -> Result<Request, BytesRejection> {
    if request.body().is_end_stream() {
        return Ok(request);
    }
    let body = std::mem::take(request.body_mut());
    let mut reading = Request::new(body);
    // By these the limit is known.
    reading.extensions_mut().clone_from(request.extensions());
    *request.body_mut() = reading.extract::<Bytes, _>().await?.into();
    Ok(request)
}
