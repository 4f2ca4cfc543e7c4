//! Whether a user's email counts as verified: ask, set, or have its reader show it.

use axum::{
    Json,
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{
    backend::SuperTokens,
    error::Error,
    mailer::{Mail, MailKind},
    recipes::dashboard::{
        input::{self, Params},
        user::{login_method, status, user_with_method},
    },
    routes::JsonObject,
};

/// `GET /dashboard/api/user/email/verify?recipeUserId=`
pub async fn is_verified(
    State(supertokens): State<SuperTokens>,
    Query(params): Query<Params>,
) -> Result<Response, Error> {
    let recipe_user_id = params.required("recipeUserId")?;
    let is_verified = match login_method(&supertokens, recipe_user_id).await?.email {
        Some(email) => supertokens.core().is_email_verified(recipe_user_id, &email).await?,
        // Who has no email has none to verify.
        None => true,
    };
    Ok(Json(json!({"status": "OK", "isVerified": is_verified})).into_response())
}

/// `PUT /dashboard/api/user/email/verify`
pub async fn set_verified(
    State(supertokens): State<SuperTokens>,
    JsonObject(body): JsonObject,
) -> Result<Response, Error> {
    let recipe_user_id = input::text(&body, "recipeUserId")?;
    let verified = input::flag(&body, "verified")?;
    let core = supertokens.core();
    match login_method(&supertokens, recipe_user_id).await?.email {
        Some(email) if verified => {
            // No token: it is verified already.
            if let Some(token) = core.create_verification_token(recipe_user_id, &email).await? {
                core.verify_email(&token).await?;
            }
        }
        Some(email) => core.unverify_email(recipe_user_id, &email).await?,
        None => {}
    }
    Ok(status("OK"))
}

/// `POST /dashboard/api/user/email/verify/token`: sends the user a link, as they could themselves.
pub async fn send_link(
    State(supertokens): State<SuperTokens>,
    JsonObject(body): JsonObject,
) -> Result<Response, Error> {
    let recipe_user_id = input::text(&body, "recipeUserId")?;
    let (user, method) = user_with_method(&supertokens, recipe_user_id).await?;
    let Some(email) = method.email else {
        return Ok(status("EMAIL_ALREADY_VERIFIED_ERROR"));
    };
    let token = supertokens.core().create_verification_token(recipe_user_id, &email).await?;
    let Some(token) = token else {
        return Ok(status("EMAIL_ALREADY_VERIFIED_ERROR"));
    };
    let link = supertokens.verification_link(&token, &user.id);
    supertokens.require_mailer()?;
    supertokens.mailer().send(Mail { kind: MailKind::EmailVerification, to: email, link });
    Ok(status("OK"))
}
