//! A new access token with other user data.

use std::sync::Arc;

use axum::extract::State;
use serde_json::json;
use sqlx::types::Json;

use super::{does_not_exist, shown};
use crate::{
    Core,
    access_token::{self, Claims, check_user_data},
    answer::Answer,
    error::{Error, Result},
    request::Fields,
};

/// POST `/recipe/session/regenerate`: sets the session's user data, if given, and answers with the
/// access token that has it. The new token ends when the old one would have; for one that has
/// ended there is none.
pub(crate) async fn regenerate(State(core): State<Arc<Core>>, fields: Fields) -> Result<Answer> {
    let user_data = fields.optional_object("userDataInJWT")?;
    user_data.map_or(Ok(()), check_user_data)?;
    let claims =
        access_token::read(&core.keys, fields.text("accessToken")?).await.map_err(|error| {
            match error {
                Error::TryRefreshToken(message) => Error::Unauthorised(message),
                other => other,
            }
        })?;
    let now = core.now();
    let updated: Option<(Json<_>, bool)> = sqlx::query_as(
        "update supertokens_core.sessions set user_data_in_jwt = coalesce($3, user_data_in_jwt) \
         where handle = $1 and expires_at > $2 returning user_data_in_jwt, use_dynamic_key",
    )
    .bind(&claims.session_handle)
    .bind(now)
    .bind(user_data.map(Json))
    .fetch_optional(&core.pool)
    .await?;
    let (Json(user_data), use_dynamic_key) = updated.ok_or_else(does_not_exist)?;
    let claims = Claims { iat: now / 1000, user_data, ..claims };
    let mut answer = json!({ "session": shown(&claims) });
    if !claims.has_expired(now) {
        let key = core.keys.signer(use_dynamic_key).await?;
        answer["accessToken"] = claims.sign(&key)?;
    }
    Ok(Answer::ok(answer))
}
