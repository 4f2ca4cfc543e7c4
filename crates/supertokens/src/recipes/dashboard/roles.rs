//! Roles, what they permit, and who has them.

use axum::{
    Json,
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use crate::{
    backend::SuperTokens,
    error::Error,
    recipes::dashboard::{
        input::{self, Params},
        user::status,
    },
    routes::JsonObject,
};

/// `GET /dashboard/api/userroles/roles`
pub async fn list(State(supertokens): State<SuperTokens>) -> Result<Response, Error> {
    Ok(found("roles", supertokens.roles().all().await?))
}

/// `PUT /dashboard/api/userroles/role`: makes the role if it is new, and adds the permissions.
pub async fn create(
    State(supertokens): State<SuperTokens>,
    JsonObject(body): JsonObject,
) -> Result<Response, Error> {
    let (role, permissions) = (role_of(&body)?, input::texts(&body, "permissions")?);
    Ok(found("createdNewRole", supertokens.roles().create(role, &permissions).await?))
}

/// `DELETE /dashboard/api/userroles/role?role=`: takes it from its users, too, and ends their
/// sessions.
pub async fn remove(
    State(supertokens): State<SuperTokens>,
    Query(params): Query<Params>,
) -> Result<Response, Error> {
    let users = supertokens.roles().abolish(params.text("role")?).await?;
    Ok(found("didRoleExist", users.is_some()))
}

/// `GET /dashboard/api/userroles/role/permissions?role=`
pub async fn permissions(
    State(supertokens): State<SuperTokens>,
    Query(params): Query<Params>,
) -> Result<Response, Error> {
    let permissions = supertokens.roles().permissions(params.text("role")?).await?;
    Ok(of_role("permissions", permissions))
}

/// `PUT /dashboard/api/userroles/role/permissions/remove`, which ends the sessions of who has the role.
pub async fn remove_permissions(
    State(supertokens): State<SuperTokens>,
    JsonObject(body): JsonObject,
) -> Result<Response, Error> {
    let (role, permissions) = (role_of(&body)?, input::texts(&body, "permissions")?);
    let users = supertokens.roles().restrict(role, &permissions).await?;
    Ok(status(if users.is_some() { "OK" } else { UNKNOWN_ROLE }))
}

/// `GET /dashboard/api/userroles/user/roles?userId=`
pub async fn of_user(
    State(supertokens): State<SuperTokens>,
    Query(params): Query<Params>,
) -> Result<Response, Error> {
    Ok(found("roles", supertokens.roles().of_user(params.text("userId")?).await?))
}

/// `PUT /dashboard/api/userroles/user/roles`
pub async fn give(
    State(supertokens): State<SuperTokens>,
    JsonObject(body): JsonObject,
) -> Result<Response, Error> {
    let (role, user_id) = (role_of(&body)?, input::text(&body, "userId")?);
    let is_new = supertokens.roles().give(user_id, role).await?;
    Ok(of_role("didUserAlreadyHaveRole", is_new.map(|is_new| !is_new)))
}

/// `DELETE /dashboard/api/userroles/user/roles?userId=&role=`, which ends the user's sessions.
pub async fn take(
    State(supertokens): State<SuperTokens>,
    Query(params): Query<Params>,
) -> Result<Response, Error> {
    let (role, user_id) = (params.text("role")?, params.text("userId")?);
    Ok(of_role("didUserHaveRole", supertokens.roles().revoke(user_id, role).await?))
}

const UNKNOWN_ROLE: &str = "UNKNOWN_ROLE_ERROR";

/// A Core refuses a role without a name.
fn role_of(body: &Map<String, Value>) -> Result<&str, Error> {
    let role = input::text(body, "role")?;
    if role.trim().is_empty() {
        return Err(Error::BadInput("A role needs a name".to_owned()));
    }
    Ok(role)
}

fn found(name: &str, value: impl Into<Value>) -> Response {
    Json(json!({"status": "OK", name: value.into()})).into_response()
}

fn of_role(name: &str, value: Option<impl Into<Value>>) -> Response {
    value.map_or_else(|| status(UNKNOWN_ROLE), |value| found(name, value))
}
