//! Sessions by handle or by user, without a token: look, change, end.

use std::sync::Arc;

use axum::extract::State;
use serde_json::json;
use sqlx::types::Json;

use super::{Session, does_not_exist};
use crate::{
    Core,
    access_token::check_user_data,
    answer::Answer,
    error::{Error, Result},
    multitenancy::TENANT,
    request::{Fields, Params},
};

/// GET `/recipe/session`
pub(crate) async fn get(State(core): State<Arc<Core>>, params: Params) -> Result<Answer> {
    let session = Session::find(&core.pool, params.text("sessionHandle")?, core.now())
        .await?
        .ok_or_else(does_not_exist)?;
    Ok(Answer::ok(json!({
        "sessionHandle": session.handle,
        "userId": session.user_id,
        "recipeUserId": session.user_id,
        "userDataInDatabase": session.user_data_in_database.0,
        "userDataInJWT": session.user_data_in_jwt.0,
        "expiry": session.expires_at,
        "timeCreated": session.created_at,
        "tenantId": TENANT,
    })))
}

/// GET `/recipe/session/user`: the handles, oldest first.
pub(crate) async fn of_user(State(core): State<Arc<Core>>, params: Params) -> Result<Answer> {
    let handles: Vec<String> = sqlx::query_scalar(
        "select handle from supertokens_core.sessions where user_id = $1 and expires_at > $2 \
         order by created_at, handle",
    )
    .bind(params.text("userId")?)
    .bind(core.now())
    .fetch_all(&core.pool)
    .await?;
    Ok(Answer::ok(json!({ "sessionHandles": handles })))
}

/// POST `/recipe/session/remove`: of `userId`, or those in `sessionHandles`. Answers which there
/// were.
pub(crate) async fn remove(State(core): State<Arc<Core>>, fields: Fields) -> Result<Answer> {
    let user_id = fields.optional_text("userId")?;
    let handles = fields.optional_texts("sessionHandles")?;
    if user_id.is_some() == handles.is_some() {
        return Err(Error::bad_request(
            "Invalid JSON input - use one of userId or sessionHandles array",
        ));
    }
    let revoked: Vec<String> = sqlx::query_scalar(
        "delete from supertokens_core.sessions where user_id = $1 or handle = any ($2) \
         returning handle",
    )
    .bind(user_id)
    .bind(handles)
    .fetch_all(&core.pool)
    .await?;
    Ok(Answer::ok(json!({ "sessionHandlesRevoked": revoked })))
}

/// PUT `/recipe/jwt/data`: for access tokens yet to be made.
pub(crate) async fn set_jwt_data(State(core): State<Arc<Core>>, fields: Fields) -> Result<Answer> {
    let handle = fields.text("sessionHandle")?;
    let user_data = fields.object("userDataInJWT")?;
    check_user_data(user_data)?;
    let updated = sqlx::query(
        "update supertokens_core.sessions set user_data_in_jwt = $3 \
         where handle = $1 and expires_at > $2",
    )
    .bind(handle)
    .bind(core.now())
    .bind(Json(user_data))
    .execute(&core.pool)
    .await?;
    changed(updated.rows_affected())
}

/// PUT `/recipe/session/data`
pub(crate) async fn set_session_data(
    State(core): State<Arc<Core>>,
    fields: Fields,
) -> Result<Answer> {
    let updated = sqlx::query(
        "update supertokens_core.sessions set user_data_in_database = $3 \
         where handle = $1 and expires_at > $2",
    )
    .bind(fields.text("sessionHandle")?)
    .bind(core.now())
    .bind(Json(fields.object("userDataInDatabase")?))
    .execute(&core.pool)
    .await?;
    changed(updated.rows_affected())
}

fn changed(rows: u64) -> Result<Answer> {
    if rows == 0 { Err(does_not_exist()) } else { Ok(Answer::ok(json!({}))) }
}
