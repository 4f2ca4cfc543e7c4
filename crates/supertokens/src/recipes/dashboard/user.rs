//! One user: show, change, delete.

use axum::{
    Json,
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use secrecy::SecretString;
use serde::Serialize;
use serde_json::json;

use crate::{
    account::to_its_end,
    backend::SuperTokens,
    error::Error,
    recipes::dashboard::input::{self, Params},
    routes::JsonObject,
    users::{
        LoginMethod, User,
        server::{ChangeEmail, ChangePassword},
    },
};

/// Where the reference would show what only a recipe that is not there knows.
const NOT_ENABLED: &str = "FEATURE_NOT_ENABLED";

/// A user as the page shows one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    #[serde(flatten)]
    user: User,
    first_name: &'static str,
    last_name: &'static str,
}

/// `GET /dashboard/api/user?userId=`
pub async fn get(
    State(supertokens): State<SuperTokens>,
    Query(params): Query<Params>,
) -> Result<Response, Error> {
    let Some(user) = supertokens.users().get(params.required("userId")?).await? else {
        return Ok(status("NO_USER_FOUND_ERROR"));
    };
    let user = Shown { user, first_name: NOT_ENABLED, last_name: NOT_ENABLED };
    Ok(Json(json!({"status": "OK", "user": user})).into_response())
}

/// `PUT /dashboard/api/user`: another email for a login method by password. First and last name are
/// dropped, as by the reference without its recipe for metadata.
pub async fn update(
    State(supertokens): State<SuperTokens>,
    JsonObject(body): JsonObject,
) -> Result<Response, Error> {
    let bad = |text: &str| Err(Error::BadInput(text.to_owned()));
    let recipe_user_id = input::text(&body, "recipeUserId")?;
    let recipe_id = input::text(&body, "recipeId")?;
    if !["emailpassword", "thirdparty", "passwordless"].contains(&recipe_id) {
        return bad("Invalid recipe id");
    }
    for name in ["firstName", "lastName"] {
        input::text(&body, name)?;
    }
    let email = input::text(&body, "email")?.trim();
    let phone = input::text(&body, "phone")?.trim();
    if login_method(&supertokens, recipe_user_id).await?.recipe_id != recipe_id {
        return Err(unknown());
    }
    if !phone.is_empty() {
        return bad("Users have no phone number here");
    }
    if email.is_empty() {
        return Ok(status("OK"));
    }
    if recipe_id != "emailpassword" {
        return bad("This email comes from the provider that the user signs in with");
    }
    Ok(match supertokens.users().change_email(recipe_user_id, email).await? {
        ChangeEmail::Changed => status("OK"),
        ChangeEmail::Taken => status("EMAIL_ALREADY_EXISTS_ERROR"),
        ChangeEmail::Refused(error) => {
            Json(json!({"status": "INVALID_EMAIL_ERROR", "error": error})).into_response()
        }
        ChangeEmail::UnknownUser => return Err(unknown()),
    })
}

/// `PUT /dashboard/api/user/password`. Every session of the user ends, as with a password that they set by a link. The
/// change is completed even if the administrator closes the connection.
pub async fn set_password(
    State(supertokens): State<SuperTokens>,
    JsonObject(body): JsonObject,
) -> Result<Response, Error> {
    let recipe_user_id = input::text(&body, "recipeUserId")?;
    let password = SecretString::from(input::text(&body, "newPassword")?);
    let recipe_user_id = recipe_user_id.to_owned();
    let change = async move {
        Ok::<_, Error>(supertokens.users().change_password(&recipe_user_id, &password).await?)
    };
    match to_its_end(change).await? {
        ChangePassword::Changed => Ok(status("OK")),
        ChangePassword::Refused(error) => {
            Ok(Json(json!({"status": "INVALID_PASSWORD_ERROR", "error": error})).into_response())
        }
        ChangePassword::UnknownUser => Err(unknown()),
    }
}

/// `DELETE /dashboard/api/user?userId=`: deletes a user with sessions and roles, and linked accounts unless
/// `removeAllLinkedAccounts` says no. An unknown user is no error.
pub async fn remove(
    State(supertokens): State<SuperTokens>,
    Query(params): Query<Params>,
) -> Result<Response, Error> {
    let user_id = params.required("userId")?.to_owned();
    let with_linked = params.optional("removeAllLinkedAccounts")?;
    let with_linked = with_linked.is_none_or(|text| text.trim().eq_ignore_ascii_case("true"));
    to_its_end(async move {
        let users = supertokens.users();
        let deleted = if with_linked {
            users.delete(&user_id).await
        } else {
            users.delete_login_method(&user_id).await
        };
        deleted.map_err(Error::from)
    })
    .await?;
    Ok(status("OK"))
}

/// `GET` and `PUT /dashboard/api/user/metadata`: there is none.
pub async fn metadata() -> Response {
    status("FEATURE_NOT_ENABLED_ERROR")
}

/// The login method of that id, or bad input.
pub async fn login_method(
    supertokens: &SuperTokens,
    recipe_user_id: &str,
) -> Result<LoginMethod, Error> {
    Ok(user_with_method(supertokens, recipe_user_id).await?.1)
}

/// The user of that login method and the method, or bad input.
pub async fn user_with_method(
    supertokens: &SuperTokens,
    recipe_user_id: &str,
) -> Result<(User, LoginMethod), Error> {
    let user = supertokens.users().get(recipe_user_id).await?.ok_or_else(unknown)?;
    let method = user.login_method(recipe_user_id).cloned().ok_or_else(unknown)?;
    Ok((user, method))
}

pub fn status(status: &str) -> Response {
    Json(json!({"status": status})).into_response()
}

fn unknown() -> Error {
    Error::BadInput("Unknown 'recipeUserId'".to_owned())
}
