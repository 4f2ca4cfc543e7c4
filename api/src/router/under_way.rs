//! How many operations are under way at once: those beyond are told so at once, before all of them wait.

use std::{sync::Arc, time::Duration};

use axum::{
    RequestExt as _,
    body::{Bytes, HttpBody as _},
    extract::{Request, rejection::BytesRejection},
    http::{HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use metrics::counter;
use tokio::{sync::Semaphore, time::timeout};

use super::GRAPHQL;
use crate::{config::Config, error::ApiError, telemetry::metrics::REQUESTS_SHED};

/// How long a client may take to send a body.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// When to come back: soon, since each place is free again within milliseconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// Places for what waits for the database. Signing in waits for the Core, where there is a queue of its own
/// (`core/transport.rs`); all else waits for neither.
#[derive(Clone)]
pub struct UnderWay(Arc<Semaphore>);

impl UnderWay {
    pub fn new(config: &Config) -> Self {
        Self(Arc::new(Semaphore::new(config.max_requests())))
    }

    /// A body is read first: one that comes slowly takes nobody's place.
    pub async fn run(&self, request: Request, next: Next) -> Response {
        let request = match timeout(BODY_WITHIN, with_body(request)).await {
            Ok(Ok(request)) => request,
            Ok(Err(refusal)) => return refusal.into_response(),
            Err(_) => return ([(header::CONNECTION, "close")], ApiError::SlowBody).into_response(),
        };
        if request.uri().path() != GRAPHQL {
            return next.run(request).await;
        }
        let Ok(_place) = self.0.try_acquire() else {
            counter!(REQUESTS_SHED).increment(1);
            return ([(header::RETRY_AFTER, RETRY_AFTER)], ApiError::Overloaded).into_response();
        };
        next.run(request).await
    }
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
