//! Recipe userroles: roles, their permissions, and who has them.

use std::sync::Arc;

use axum::extract::State;
use serde_json::json;
use sqlx::PgExecutor;

use super::{
    Core,
    answer::Answer,
    error::{Error, Result},
    request::{Fields, Params},
};

const UNKNOWN_ROLE: &str = "UNKNOWN_ROLE_ERROR";

/// PUT `/recipe/role`: makes the role if it is new, and adds the permissions.
pub(super) async fn create(State(core): State<Arc<Core>>, fields: Fields) -> Result<Answer> {
    let role = role_of(&fields)?;
    let permissions = fields.optional_texts("permissions")?.unwrap_or_default();
    let mut tx = core.pool.begin().await?;
    let created =
        sqlx::query("insert into supertokens_core.roles values ($1) on conflict do nothing")
            .bind(role)
            .execute(&mut *tx)
            .await?;
    sqlx::query(
        "insert into supertokens_core.role_permissions select $1, unnest($2::text[]) \
         on conflict do nothing",
    )
    .bind(role)
    .bind(permissions)
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Answer::ok(json!({ "createdNewRole": created.rows_affected() > 0 })))
}

/// POST `/recipe/role/remove`: takes it from its users, too.
pub(super) async fn remove(State(core): State<Arc<Core>>, fields: Fields) -> Result<Answer> {
    let deleted = sqlx::query("delete from supertokens_core.roles where role = $1")
        .bind(role_of(&fields)?)
        .execute(&core.pool)
        .await?;
    Ok(Answer::ok(json!({ "didRoleExist": deleted.rows_affected() > 0 })))
}

/// GET `/recipe/roles`
pub(super) async fn list(State(core): State<Arc<Core>>) -> Result<Answer> {
    let roles: Vec<String> =
        sqlx::query_scalar("select role from supertokens_core.roles order by role")
            .fetch_all(&core.pool)
            .await?;
    Ok(Answer::ok(json!({ "roles": roles })))
}

/// GET `/recipe/role/permissions`
pub(super) async fn permissions(State(core): State<Arc<Core>>, params: Params) -> Result<Answer> {
    let role = params.text("role")?;
    if !exists(&core.pool, role).await? {
        return Ok(Answer::status(UNKNOWN_ROLE));
    }
    let permissions: Vec<String> = sqlx::query_scalar(
        "select permission from supertokens_core.role_permissions where role = $1 \
         order by permission",
    )
    .bind(role)
    .fetch_all(&core.pool)
    .await?;
    Ok(Answer::ok(json!({ "permissions": permissions })))
}

/// POST `/recipe/role/permissions/remove`: those given, or all.
pub(super) async fn remove_permissions(
    State(core): State<Arc<Core>>,
    fields: Fields,
) -> Result<Answer> {
    let role = role_of(&fields)?;
    if !exists(&core.pool, role).await? {
        return Ok(Answer::status(UNKNOWN_ROLE));
    }
    sqlx::query(
        "delete from supertokens_core.role_permissions \
         where role = $1 and ($2::text[] is null or permission = any ($2))",
    )
    .bind(role)
    .bind(fields.optional_texts("permissions")?)
    .execute(&core.pool)
    .await?;
    Ok(Answer::ok(json!({})))
}

/// GET `/recipe/permission/roles`
pub(super) async fn with_permission(
    State(core): State<Arc<Core>>,
    params: Params,
) -> Result<Answer> {
    let roles: Vec<String> = sqlx::query_scalar(
        "select role from supertokens_core.role_permissions where permission = $1 order by role",
    )
    .bind(params.text("permission")?)
    .fetch_all(&core.pool)
    .await?;
    Ok(Answer::ok(json!({ "roles": roles })))
}

/// GET `/recipe/role/users`
pub(super) async fn users(State(core): State<Arc<Core>>, params: Params) -> Result<Answer> {
    let role = params.text("role")?;
    if !exists(&core.pool, role).await? {
        return Ok(Answer::status(UNKNOWN_ROLE));
    }
    let users: Vec<String> = sqlx::query_scalar(
        "select user_id from supertokens_core.user_roles where role = $1 order by user_id",
    )
    .bind(role)
    .fetch_all(&core.pool)
    .await?;
    Ok(Answer::ok(json!({ "users": users })))
}

/// GET `/recipe/user/roles`
pub(super) async fn of_user(State(core): State<Arc<Core>>, params: Params) -> Result<Answer> {
    let roles: Vec<String> = sqlx::query_scalar(
        "select role from supertokens_core.user_roles where user_id = $1 order by role",
    )
    .bind(params.text("userId")?)
    .fetch_all(&core.pool)
    .await?;
    Ok(Answer::ok(json!({ "roles": roles })))
}

/// PUT `/recipe/user/role`
pub(super) async fn give(State(core): State<Arc<Core>>, fields: Fields) -> Result<Answer> {
    let given = sqlx::query(
        "insert into supertokens_core.user_roles values ($1, $2) on conflict do nothing",
    )
    .bind(fields.text("userId")?)
    .bind(role_of(&fields)?)
    .execute(&core.pool)
    .await;
    match given {
        Ok(done) => Ok(Answer::ok(json!({ "didUserAlreadyHaveRole": done.rows_affected() == 0 }))),
        Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
            Ok(Answer::status(UNKNOWN_ROLE))
        }
        Err(error) => Err(error.into()),
    }
}

/// POST `/recipe/user/role/remove`
pub(super) async fn take(State(core): State<Arc<Core>>, fields: Fields) -> Result<Answer> {
    let role = role_of(&fields)?;
    if !exists(&core.pool, role).await? {
        return Ok(Answer::status(UNKNOWN_ROLE));
    }
    let taken =
        sqlx::query("delete from supertokens_core.user_roles where user_id = $1 and role = $2")
            .bind(fields.text("userId")?)
            .bind(role)
            .execute(&core.pool)
            .await?;
    Ok(Answer::ok(json!({ "didUserHaveRole": taken.rows_affected() > 0 })))
}

fn role_of(fields: &Fields) -> Result<&str> {
    let role = fields.text("role")?.trim();
    if role.is_empty() {
        return Err(Error::bad_request("Field name 'role' cannot be an empty String"));
    }
    Ok(role)
}

async fn exists(db: impl PgExecutor<'_>, role: &str) -> Result<bool> {
    Ok(sqlx::query_scalar("select exists (select from supertokens_core.roles where role = $1)")
        .bind(role)
        .fetch_one(db)
        .await?)
}
