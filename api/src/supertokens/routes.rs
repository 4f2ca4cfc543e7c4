//! The FDI, one route a line.

use axum::{
    Router,
    body::Bytes,
    extract::{FromRequest, Request},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Map, Value};

use super::{
    Error, SuperTokens, TENANT,
    recipes::{
        dashboard, emailpassword, emailverification, multitenancy, openid, password_reset, session,
        thirdparty,
    },
};

/// The routes below `/auth`, and below `/auth/public`: clients name the tenant, or do not. Unknown
/// ones are the caller's to answer.
pub fn routes(supertokens: SuperTokens) -> Router {
    let tenant = format!("/auth/{TENANT}");
    let fdi = || fdi().merge(dashboard::routes(&supertokens));
    Router::new().nest("/auth", fdi()).nest(&tenant, fdi()).with_state(supertokens)
}

fn fdi() -> Router<SuperTokens> {
    Router::new()
        .route("/signup", post(emailpassword::sign_up))
        .route("/signin", post(emailpassword::sign_in))
        .route("/emailpassword/email/exists", get(emailpassword::email_exists))
        .route("/signup/email/exists", get(emailpassword::email_exists))
        .route("/user/password/reset/token", post(password_reset::send_link))
        .route("/user/password/reset", post(password_reset::reset))
        .route("/user/email/verify/token", post(emailverification::send_link))
        .route("/user/email/verify", get(emailverification::status).post(emailverification::verify))
        .route("/authorisationurl", get(thirdparty::authorisation_url))
        .route("/signinup", post(thirdparty::sign_in_up))
        .route("/callback/apple", post(thirdparty::apple_callback))
        .route("/loginmethods", get(multitenancy::login_methods))
        .route("/session/refresh", post(session::refresh))
        .route("/signout", post(session::sign_out))
        .route("/jwt/jwks.json", get(openid::jwks))
        .route("/.well-known/openid-configuration", get(openid::configuration))
}

/// A JSON body that is an object. Other content types are refused, so that no form of another
/// site can pass for one.
pub struct JsonObject(pub Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for JsonObject {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let content_type = request.headers().get(header::CONTENT_TYPE);
        let is_json = content_type.and_then(|value| value.to_str().ok()).is_some_and(is_json);
        if !is_json {
            const TEXT: &str = "send the body as application/json";
            return Err((
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                axum::Json(serde_json::json!({"message": TEXT})),
            )
                .into_response());
        }
        let body =
            Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        match serde_json::from_slice(&body) {
            Ok(Value::Object(object)) => Ok(Self(object)),
            Ok(_) => Err(Error::BadInput("the body must be a JSON object".into()).into_response()),
            Err(error) => {
                let text = format!("the body is no JSON: {error}");
                Err(Error::BadInput(text).into_response())
            }
        }
    }
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}
