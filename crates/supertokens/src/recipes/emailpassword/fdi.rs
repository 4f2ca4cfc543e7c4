//! Recipe EmailPassword: sign up, sign in, and whether an email is taken.

use axum::{
    Json,
    extract::{Query, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::json;

use crate::{
    backend::SuperTokens,
    error::Error,
    fdi_version,
    limits::{Attempt, ClientAddress},
    recipes::{
        emailpassword::cdi::{SignIn, SignUp},
        form::{self, FieldError},
        multitenancy::first_factors::EMAIL_PASSWORD,
    },
    routes::JsonObject,
    users::User,
};

/// `POST /signup`: makes a user and a session.
pub async fn sign_up(
    State(supertokens): State<SuperTokens>,
    client: ClientAddress,
    headers: HeaderMap,
    JsonObject(body): JsonObject,
) -> Result<Response, Error> {
    let credentials = match form::credentials(&body, true)? {
        Ok(credentials) => credentials,
        Err(errors) => return Ok(Json(form::field_errors(&errors)).into_response()),
    };
    supertokens.limits().attempt(Attempt::SignUp, client, &credentials.email)?;
    supertokens.require_first_factor(EMAIL_PASSWORD).await?;
    match supertokens
        .core()
        .sign_up(&credentials.email, credentials.password.expose_secret())
        .await?
    {
        SignUp::Ok { user, recipe_user_id } => {
            signed_in(&supertokens, &user, &recipe_user_id, &headers).await
        }
        SignUp::EmailAlreadyExistsError => {
            const TAKEN: &str = "This email already exists. Please sign in instead.";
            Ok(Json(form::field_errors(&[FieldError::new("email", TAKEN)])).into_response())
        }
    }
}

/// `POST /signin`: makes a session. Wrong credentials are a 200 with a status.
pub async fn sign_in(
    State(supertokens): State<SuperTokens>,
    client: ClientAddress,
    headers: HeaderMap,
    JsonObject(body): JsonObject,
) -> Result<Response, Error> {
    let credentials = match form::credentials(&body, false)? {
        Ok(credentials) => credentials,
        Err(errors) => return Ok(Json(form::field_errors(&errors)).into_response()),
    };
    supertokens.limits().attempt(Attempt::SignIn, client, &credentials.email)?;
    match supertokens
        .core()
        .sign_in(&credentials.email, credentials.password.expose_secret())
        .await?
    {
        SignIn::Ok { user, recipe_user_id } => {
            supertokens.require_first_factor(EMAIL_PASSWORD).await?;
            signed_in(&supertokens, &user, &recipe_user_id, &headers).await
        }
        SignIn::WrongCredentialsError => {
            Ok(Json(json!({"status": "WRONG_CREDENTIALS_ERROR"})).into_response())
        }
    }
}

async fn signed_in(
    supertokens: &SuperTokens,
    user: &User,
    recipe_user_id: &str,
    request: &HeaderMap,
) -> Result<Response, Error> {
    let tokens = supertokens.create_session(user, recipe_user_id, request).await?;
    let body = fdi_version::signed_in(request, user, recipe_user_id, None);
    Ok((tokens, Json(body)).into_response())
}

#[derive(Deserialize)]
pub struct EmailQuery {
    email: Option<String>,
}

/// `GET /emailpassword/email/exists?email=`: whether someone signs in with it and a password.
pub async fn email_exists(
    State(supertokens): State<SuperTokens>,
    client: ClientAddress,
    Query(EmailQuery { email }): Query<EmailQuery>,
) -> Result<Response, Error> {
    let email = email
        .ok_or_else(|| Error::BadInput("Please provide the email as a GET param".to_owned()))?;
    supertokens.limits().request(client)?;
    let email = form::normalised(&email);
    // With what is no email nobody signs in, and a Core need not bear it.
    let users = match form::email_error(&email) {
        Some(_) => Vec::new(),
        None => supertokens.core().users_by_email(&email).await?,
    };
    let exists = users
        .iter()
        .flat_map(|user| &user.login_methods)
        .any(|method| method.recipe_id == "emailpassword");
    Ok(Json(json!({"status": "OK", "exists": exists})).into_response())
}
