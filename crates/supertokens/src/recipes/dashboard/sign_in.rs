//! An administrator's own session: begin, look, end.

use axum::{
    Extension, Json,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use crate::{
    backend::SuperTokens,
    error::Error,
    limits::{Attempt, ClientAddress},
    recipes::{
        dashboard::{cdi::DashboardSignIn, guard, input},
        form,
    },
    routes::JsonObject,
};

/// `POST /dashboard/api/signin`: the only route at which passwords can be tried. Wrong credentials
/// are a 200 with a status.
pub async fn sign_in(
    State(supertokens): State<SuperTokens>,
    client: ClientAddress,
    JsonObject(body): JsonObject,
) -> Result<Response, Error> {
    let email = form::normalised(credential(&body, "email")?);
    let password = SecretString::from(credential(&body, "password")?);
    // The Core calls an empty one malformed; whoever typed it has not signed in, that is all.
    let is_empty = |text: &str| text.trim().is_empty();
    if is_empty(&email) || is_empty(password.expose_secret()) {
        return Ok(Json(json!({"status": "INVALID_CREDENTIALS_ERROR"})).into_response());
    }
    supertokens.limits().attempt(Attempt::Dashboard, client, &email)?;
    let answer = match supertokens.core().dashboard_sign_in(&email, &password).await? {
        DashboardSignIn::Ok { session_id } => {
            json!({"status": "OK", "sessionId": session_id.expose_secret()})
        }
        DashboardSignIn::InvalidCredentialsError => json!({"status": "INVALID_CREDENTIALS_ERROR"}),
        DashboardSignIn::UserSuspendedError { message } => {
            json!({"status": "USER_SUSPENDED_ERROR", "message": message})
        }
    };
    Ok(guard::unstored(Json(answer).into_response()))
}

fn credential<'a>(body: &'a Map<String, Value>, name: &str) -> Result<&'a str, Error> {
    if body.get(name).is_none_or(Value::is_null) {
        return Err(Error::BadInput(format!("Missing required parameter '{name}'")));
    }
    input::text(body, name)
}

/// `POST /dashboard/api/key/validate`: whether the session holds, whose it is, and whether they may
/// change something. The reference knows keys alone here, and refuses all sessions.
pub async fn validate(
    State(supertokens): State<SuperTokens>,
    client: Option<Extension<ClientAddress>>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let client = client.map(|Extension(client)| client);
    Ok(match guard::admin(&supertokens, client, &headers).await? {
        Some(admin) => {
            let body = json!({"status": "OK", "email": admin.email, "mayEdit": admin.may_edit});
            Json(body).into_response()
        }
        None => guard::unauthorised(),
    })
}

/// `POST /dashboard/api/signout`
pub async fn sign_out(
    State(supertokens): State<SuperTokens>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    if let Some(session_id) = guard::session_id(&headers) {
        supertokens.core().end_dashboard_session(&session_id).await?;
    }
    Ok(Json(json!({"status": "OK"})).into_response())
}

/// `POST /dashboard/api/analytics`: the official page tells of itself here. We tell nobody.
pub async fn analytics() -> Response {
    Json(json!({"status": "OK"})).into_response()
}
