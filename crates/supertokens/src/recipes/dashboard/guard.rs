//! Who may pass: a dashboard session for everything, a name among the admins to change something.

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use secrecy::SecretString;
use serde_json::json;

use crate::{backend::SuperTokens, error::Error, limits::ClientAddress};

/// Somebody who is signed in to the dashboard.
pub struct Admin {
    pub email: String,
    pub may_edit: bool,
}

/// Lets pass who is signed in; who may only look, with requests that change nothing.
pub async fn admit(
    State(supertokens): State<SuperTokens>,
    request: Request,
    next: Next,
) -> Result<Response, Error> {
    match admin(&supertokens, client(&request), request.headers()).await? {
        None => Ok(unauthorised()),
        Some(admin) if admin.may_edit || request.method().is_safe() => {
            Ok(unstored(next.run(request).await))
        }
        Some(_) => Ok(not_permitted()),
    }
}

/// Lets pass who is signed in.
pub async fn admit_any(
    State(supertokens): State<SuperTokens>,
    request: Request,
    next: Next,
) -> Result<Response, Error> {
    match admin(&supertokens, client(&request), request.headers()).await? {
        None => Ok(unauthorised()),
        Some(_) => Ok(next.run(request).await),
    }
}

fn client(request: &Request) -> Option<ClientAddress> {
    request.extensions().get().copied()
}

/// The administrator whose session the request carries. The Core is asked each time, so that a session ends at once.
pub async fn admin(
    supertokens: &SuperTokens,
    client: Option<ClientAddress>,
    headers: &HeaderMap,
) -> Result<Option<Admin>, Error> {
    let (Some(options), Some(session_id)) = (&supertokens.0.dashboard, session_id(headers)) else {
        return Ok(None);
    };
    let guess = supertokens.0.guesses.count(client)?;
    let email = supertokens.core().dashboard_session(&session_id).await;
    if matches!(email, Ok(Some(_)) | Err(_)) {
        guess.refund();
    }
    Ok(email?.map(|email| Admin { may_edit: options.may_edit(&email), email }))
}

/// `authorization: Bearer <session id>`. A text that cannot be a session id of the Core counts as missing.
pub fn session_id(headers: &HeaderMap) -> Option<SecretString> {
    let (scheme, id) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let id = id.trim();
    let is_id = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let has_form = (16..=256).contains(&id.len()) && id.bytes().all(is_id);
    (scheme.eq_ignore_ascii_case("bearer") && has_form).then(|| id.into())
}

pub fn unauthorised() -> Response {
    let body = Json(json!({"message": "Unauthorised access"}));
    (StatusCode::UNAUTHORIZED, body).into_response()
}

fn not_permitted() -> Response {
    let body = Json(json!({"message": "You are not permitted to perform this operation"}));
    (StatusCode::FORBIDDEN, body).into_response()
}

/// What is known of users, and an administrator's session, stays in no browser's store.
pub fn unstored(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
