//! Recipe usermetadata: what a backend keeps of a user, as a JSON object.

use std::sync::Arc;

use axum::extract::State;
use serde_json::{Map, Value, json};
use sqlx::types::Json;

use super::{
    Core,
    answer::Answer,
    error::Result,
    request::{Fields, Params},
};

type Metadata = Json<Map<String, Value>>;

/// GET `/recipe/user/metadata`: of a user without any, an empty object.
pub(super) async fn get(State(core): State<Arc<Core>>, params: Params) -> Result<Answer> {
    let found: Option<Metadata> = sqlx::query_scalar(
        "select metadata from supertokens_core.user_metadata where user_id = $1",
    )
    .bind(params.text("userId")?)
    .fetch_optional(&core.pool)
    .await?;
    Ok(Answer::ok(json!({ "metadata": found.unwrap_or_default().0 })))
}

/// PUT `/recipe/user/metadata`: the fields given replace those of before, and null removes one.
/// What is inside a field is not merged.
pub(super) async fn update(State(core): State<Arc<Core>>, fields: Fields) -> Result<Answer> {
    let update = fields.object("metadataUpdate")?;
    let (removed, set): (Vec<_>, Vec<_>) = update.iter().partition(|(_, value)| value.is_null());
    let removed: Vec<&str> = removed.into_iter().map(|(name, _)| name.as_str()).collect();
    let set: Map<_, _> =
        set.into_iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    // One statement, so that of two updates at a time none is lost.
    let metadata: Metadata = sqlx::query_scalar(
        "insert into supertokens_core.user_metadata as old values ($1, $2) \
         on conflict (user_id) do update set metadata = (old.metadata - $3) || $2 \
         returning metadata",
    )
    .bind(fields.text("userId")?)
    .bind(Json(set))
    .bind(removed)
    .fetch_one(&core.pool)
    .await?;
    Ok(Answer::ok(json!({ "metadata": metadata.0 })))
}

/// POST `/recipe/user/metadata/remove`
pub(super) async fn remove(State(core): State<Arc<Core>>, fields: Fields) -> Result<Answer> {
    sqlx::query("delete from supertokens_core.user_metadata where user_id = $1")
        .bind(fields.text("userId")?)
        .execute(&core.pool)
        .await?;
    Ok(Answer::ok(json!({})))
}
