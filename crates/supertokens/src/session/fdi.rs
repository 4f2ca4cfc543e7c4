//! Recipe Session: refresh and sign out.

use axum::{
    Extension, Json,
    extract::{OriginalUri, State},
    http::{HeaderMap, Method},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{
    backend::SuperTokens,
    error::Error,
    limits::ClientAddress,
    session::{Checks, Refreshed, Request},
};

/// As the reference says it.
const OLDER_CLEARED: &str = "The request contains multiple session cookies. We are clearing the cookie from \
                             olderCookieDomain. Session will be refreshed in the next refresh call.";

/// `POST /session/refresh`: trades the refresh token for new tokens.
pub async fn refresh(
    State(supertokens): State<SuperTokens>,
    client: Option<Extension<ClientAddress>>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let client = client.map(|Extension(client)| client);
    Ok(match supertokens.refresh(client, &headers).await? {
        Refreshed::Tokens(headers) => (headers, Json(json!({}))).into_response(),
        Refreshed::OlderCleared(headers) => {
            (headers, Json(json!({"message": OLDER_CLEARED}))).into_response()
        }
    })
}

/// `POST /signout`: ends the session that the request carries.
pub async fn sign_out(
    State(supertokens): State<SuperTokens>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let request = Request { method: &method, path: uri.path(), headers: &headers };
    let session = supertokens.session_with(request, Checks::default()).await?;
    let cleared = supertokens.revoke(&session).await?;
    Ok((cleared, Json(json!({"status": "OK"}))).into_response())
}
