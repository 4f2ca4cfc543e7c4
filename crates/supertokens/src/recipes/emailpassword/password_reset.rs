//! Recipe EmailPassword, second part: a new password for who forgot theirs.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use secrecy::SecretString;
use serde_json::json;

use crate::{
    backend::SuperTokens,
    core::CoreError,
    error::Error,
    limits::ClientAddress,
    mailer::{Mail, MailKind},
    recipes::{emailverification::cdi::TokenOwner, form},
    routes::JsonObject,
    users::cdi::UpdateUser,
};

const TAKEOVER_RISK: &str = "Reset password link was not created because of account take over risk. Please contact \
                             support. (ERR_CODE_001)";

/// `POST /user/password/reset/token`: sends a link to who signs in with this email and a
/// password. Answers the same, and as fast, when nobody does.
pub async fn send_link(
    State(supertokens): State<SuperTokens>,
    client: ClientAddress,
    JsonObject(body): JsonObject,
) -> Result<Response, Error> {
    let email = match form::email(&body)? {
        Ok(email) => email,
        Err(errors) => return Ok(Json(form::field_errors(&errors)).into_response()),
    };
    supertokens.limits().mail(MailKind::PasswordReset, client, &email)?;
    supertokens.require_mailer()?;
    let place = supertokens.0.background.reserve()?;
    let users = supertokens.core().users_by_email(&email).await?;
    if users.iter().any(|user| user.may_be_taken_over_by(&email)) {
        let body = json!({"status": "PASSWORD_RESET_NOT_ALLOWED", "reason": TAKEOVER_RISK});
        return Ok(Json(body).into_response());
    }
    let method = users
        .into_iter()
        .flat_map(|user| user.login_methods)
        .find(|method| method.is_password_of(&email));
    if let Some(method) = method {
        let supertokens = supertokens.clone();
        place.spawn(async move {
            if let Err(error) = mail_link(&supertokens, &method.recipe_user_id, email).await {
                tracing::error!(%error, "a link to choose a new password could not be sent");
            }
        });
    }
    Ok(Json(json!({"status": "OK"})).into_response())
}

async fn mail_link(
    supertokens: &SuperTokens,
    recipe_user_id: &str,
    email: String,
) -> Result<(), CoreError> {
    // No token: the user was deleted meanwhile.
    if let Some(token) = supertokens.core().create_reset_token(recipe_user_id, &email).await? {
        let link = supertokens.link("reset-password", &token);
        supertokens.mailer().send(Mail { kind: MailKind::PasswordReset, to: email, link });
    }
    Ok(())
}

/// `POST /user/password/reset`: spends the token of a link and sets the new password. Every
/// session of the user ends: whoever had the old password may have one.
pub async fn reset(
    State(supertokens): State<SuperTokens>,
    client: ClientAddress,
    JsonObject(body): JsonObject,
) -> Result<Response, Error> {
    // Before the token is spent, so that its user can try again.
    let password = match form::new_password(&body)? {
        Ok(password) => password,
        Err(errors) => return Ok(Json(form::field_errors(&errors)).into_response()),
    };
    let token = form::token(&body, "password reset")?;
    supertokens.limits().request(client)?;
    let owner = supertokens.core().consume_reset_token(&token).await?;
    let status = match owner {
        Some(owner) if set_password(&supertokens, &owner, &password).await? => "OK",
        _ => "RESET_PASSWORD_INVALID_TOKEN_ERROR",
    };
    Ok(Json(json!({"status": status})).into_response())
}

/// Answers whether the token still was for a user who signs in by password with that email.
async fn set_password(
    supertokens: &SuperTokens,
    TokenOwner { user_id, email }: &TokenOwner,
    password: &SecretString,
) -> Result<bool, Error> {
    let core = supertokens.core();
    let user = core.user(user_id).await?;
    // Linked after the link was mailed.
    if user.as_ref().is_some_and(|user| user.may_be_taken_over_by(email)) {
        return Ok(false);
    }
    let method = user.as_ref().and_then(|user| user.login_method(user_id));
    if !method.is_some_and(|method| method.is_password_of(email)) {
        return Ok(false);
    }
    if core.set_password(user_id, password).await? != UpdateUser::Ok {
        return Ok(false);
    }
    // After the change: a session that the old password opened in between would stay.
    core.revoke_and_deny_all(user_id).await?;
    // Who could read the mail has shown that the email is theirs.
    if let Some(token) = core.create_verification_token(user_id, email).await? {
        core.verify_email(&token).await?;
    }
    Ok(true)
}
