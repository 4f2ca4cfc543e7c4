//! How many requests are under way at once: those beyond are told so at once, before all of them wait.

use std::{sync::Arc, time::Duration};

use axum::{
    RequestExt as _,
    body::Bytes,
    extract::{Request, State, rejection::BytesRejection},
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

/// GraphQL waits for the database, and signing in for the Core: one that is slow must not take the other's
/// places. All else is answered without either, or has limits of its own.
#[derive(Clone)]
pub struct UnderWay {
    graphql: Arc<Semaphore>,
    sign_in: Arc<Semaphore>,
}

impl UnderWay {
    pub fn new(config: &Config) -> Self {
        let places = || Arc::new(Semaphore::new(config.max_requests()));
        Self { graphql: places(), sign_in: places() }
    }

    fn of(&self, path: &str) -> Option<(&Semaphore, &'static str)> {
        match path {
            GRAPHQL => Some((&self.graphql, GRAPHQL)),
            _ if path.starts_with("/auth/") => Some((&self.sign_in, "/auth")),
            _ => None,
        }
    }
}

/// A body is read first: one that comes slowly takes nobody's place.
pub async fn bound(State(under_way): State<UnderWay>, request: Request, next: Next) -> Response {
    let Some((places, route)) = under_way.of(request.uri().path()) else {
        return next.run(request).await;
    };
    let request = match timeout(BODY_WITHIN, with_body(request)).await {
        Ok(Ok(request)) => request,
        Ok(Err(refusal)) => return refusal.into_response(),
        Err(_) => return ([(header::CONNECTION, "close")], ApiError::SlowBody).into_response(),
    };
    let Ok(_place) = places.try_acquire() else {
        counter!(REQUESTS_SHED, "route" => route).increment(1);
        return ([(header::RETRY_AFTER, RETRY_AFTER)], ApiError::Overloaded).into_response();
    };
    next.run(request).await
}

/// The same request, all of whose body is here. As long as one may be.
async fn with_body(mut request: Request) -> Result<Request, BytesRejection> {
    let body = std::mem::take(request.body_mut());
    let mut reading = Request::new(body);
    // By these the limit is known.
    reading.extensions_mut().clone_from(request.extensions());
    *request.body_mut() = reading.extract::<Bytes, _>().await?.into();
    Ok(request)
}
