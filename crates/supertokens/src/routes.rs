//! The FDI, one route a line.

use axum::{
    Router,
    body::Bytes,
    extract::{FromRequest, Request, State},
    http::{StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Map, Value};

use crate::{
    backend::SuperTokens,
    core::TENANT,
    error::{Error, GeneralError},
    recipes::{
        dashboard,
        emailpassword::{fdi as emailpassword, password_reset},
        emailverification::fdi as emailverification,
        multitenancy::fdi as multitenancy,
        openid,
        thirdparty::fdi as thirdparty,
    },
    session::fdi as session,
};

/// The routes below `/auth`, and below `/auth/public`, because clients may name the tenant. The caller handles unknown
/// ones.
pub fn routes(supertokens: SuperTokens) -> Router {
    let tenant = format!("/auth/{TENANT}");
    let own_pages_only = from_fn_with_state(supertokens.clone(), refuse_foreign_pages);
    let routes = || {
        let fdi = forms().route_layer(from_fn(speak_to_user_interfaces)).merge(fdi());
        let guarded = fdi.merge(dashboard::api(&supertokens));
        guarded.route_layer(own_pages_only.clone()).merge(open(&supertokens))
    };
    Router::new().nest("/auth", routes()).nest(&tenant, routes()).with_state(supertokens)
}

/// Routes that no page of another origin may reach: what it could only read is refused with what it could change, so
/// that a new route is guarded by default.
fn fdi() -> Router<SuperTokens> {
    Router::new()
        .route("/loginmethods", get(multitenancy::login_methods))
        .route("/session/refresh", post(session::refresh))
        .route("/signout", post(session::sign_out))
}

/// As [`fdi`], the routes at which user interfaces show what the response says.
fn forms() -> Router<SuperTokens> {
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
}

/// Routes that any page may reach: they neither call the Core for a user nor set a cookie. Apple's page posts its form
/// from its own origin.
fn open(supertokens: &SuperTokens) -> Router<SuperTokens> {
    Router::new()
        .route("/callback/apple", post(thirdparty::apple_callback))
        .route("/jwt/jwks.json", get(openid::jwks))
        .route("/.well-known/openid-configuration", get(openid::configuration))
        .merge(dashboard::page(supertokens))
}

/// Official front-end SDKs send `fdi-version`, and show the text of a `GENERAL_ERROR` with status 200, but of no other
/// status. Other clients get the status. Both get `Retry-After`.
async fn speak_to_user_interfaces(request: Request, next: Next) -> Response {
    let is_official = request.headers().contains_key("fdi-version");
    let mut response = next.run(request).await;
    match response.extensions_mut().remove::<GeneralError>() {
        Some(general) if is_official => {
            let mut shown = general.into_response();
            if let Some(after) = response.headers_mut().remove(header::RETRY_AFTER) {
                shown.headers_mut().insert(header::RETRY_AFTER, after);
            }
            shown
        }
        _ => response,
    }
}

async fn refuse_foreign_pages(
    State(supertokens): State<SuperTokens>,
    request: Request,
    next: Next,
) -> Result<Response, Error> {
    if supertokens.0.origins.allow_request(request.headers()) {
        Ok(next.run(request).await)
    } else {
        Err(Error::ForeignOrigin)
    }
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
