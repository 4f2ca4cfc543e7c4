//! The recorded demo's own routes: a session by GET, one that is checked in the Core, and claims
//! that an operation asks for.

use crate::support::{app::TestApp, core::TestCore, database::TestDatabase};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, Method},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};
use supertokens::{
    Error, Session, SuperTokens, Validator,
    session::{Checks, Request},
};

/// The service with these routes, on a Core of the test's own.
pub async fn serve(core: &TestCore) -> TestApp {
    let core_url = core.url();
    let vars = [("SUPERTOKENS_URI", core_url.as_str())];
    let database = TestDatabase::migrated().await;
    let clock = core.clock.clock();
    TestApp::start_serving(database, &vars, clock, |state| routes(state.supertokens.clone())).await
}

pub fn routes(supertokens: SuperTokens) -> Router {
    Router::new()
        .route("/sessioninfo", get(session_info))
        .route("/checked", get(checked))
        .route("/admin-only", get(admin_only))
        .route("/verified-only", get(verified_only))
        .with_state(supertokens)
}

async fn session_info(
    State(supertokens): State<SuperTokens>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let session = supertokens
        .session(Request { method: &method, path: "/sessioninfo", headers: &headers })
        .await?;
    let claims = &session.claims;
    let body = json!({
        "sessionHandle": claims.session_handle(),
        "userId": claims.user_id(),
        "accessTokenPayload": claims.payload(),
    });
    Ok(answer(session, body))
}

async fn checked(
    State(supertokens): State<SuperTokens>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let checks = Checks { database: true, ..Checks::default() };
    who(&supertokens, &method, &headers, checks).await
}

async fn admin_only(
    State(supertokens): State<SuperTokens>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let checks = Checks { claims: &[Validator::Role("admin")], ..Checks::default() };
    who(&supertokens, &method, &headers, checks).await
}

async fn verified_only(
    State(supertokens): State<SuperTokens>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let checks = Checks { claims: &[Validator::EmailVerified], ..Checks::default() };
    who(&supertokens, &method, &headers, checks).await
}

async fn who(
    supertokens: &SuperTokens,
    method: &Method,
    headers: &HeaderMap,
    checks: Checks<'_>,
) -> Result<Response, Error> {
    let session =
        supertokens.session_with(Request { method, path: "/checked", headers }, checks).await?;
    let body = json!({"userId": session.claims.user_id()});
    Ok(answer(session, body))
}

fn answer(session: Session, body: Value) -> Response {
    (session.headers, Json(body)).into_response()
}
