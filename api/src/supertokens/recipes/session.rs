//! Recipe Session: refresh and sign out.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, Method},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::super::{
    Error, SuperTokens,
    session::{Checks, Request},
};

/// `POST /session/refresh`: trades the refresh token for new tokens.
pub async fn refresh(
    State(supertokens): State<SuperTokens>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let tokens = supertokens.refresh(&headers).await?;
    Ok((tokens, Json(json!({}))).into_response())
}

/// `POST /signout`: ends the session that the request carries.
pub async fn sign_out(
    State(supertokens): State<SuperTokens>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let request = Request { method: &method, headers: &headers };
    let session = supertokens.session_with(request, Checks::default()).await?;
    let cleared = supertokens.revoke(&session).await?;
    Ok((cleared, Json(json!({"status": "OK"}))).into_response())
}
