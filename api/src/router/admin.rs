//! What operators ask, on an address of its own: users do not reach it, and it needs no session.

use std::time::Duration;

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use metrics::gauge;
use tower_http::timeout::TimeoutLayer;

use crate::{state::AppState, telemetry::metrics as names};

const WITHIN: Duration = Duration::from_secs(10);
/// Prometheus's text format.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

pub fn router(state: &AppState) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/livez", get(async || StatusCode::OK))
        .route("/readyz", get(ready))
        .with_state(state.clone())
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, WITHIN))
}

/// What is not counted as it happens is looked up now.
async fn metrics(State(state): State<AppState>) -> Response {
    let pool = state.rls.pool();
    gauge!(names::POOL_MAX).set(count(pool.max));
    gauge!(names::POOL_CONNECTIONS, "state" => "used").set(count(pool.used));
    gauge!(names::POOL_CONNECTIONS, "state" => "idle").set(count(pool.idle));
    gauge!(names::POOL_WAITING).set(count(pool.waiting));
    gauge!(names::SOCKETS).set(count(state.sockets.open()));
    gauge!(names::CONNECTIONS).set(count(state.connections.open()));
    gauge!(names::LISTENING).set(f64::from(u8::from(state.live.is_listening())));
    if let Some(age) = state.supertokens.keys_age() {
        gauge!(names::KEYS_AGE).set(age.as_secs_f64());
    }
    ([(header::CONTENT_TYPE, TEXT)], names::render()).into_response()
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn count(of: usize) -> f64 {
    of as f64
}

async fn ready(State(state): State<AppState>) -> Response {
    let report = state.health.report().await;
    (report.status(), Json(report.reasons())).into_response()
}
