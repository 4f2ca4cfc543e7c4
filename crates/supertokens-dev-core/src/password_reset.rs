//! Password reset tokens. The new password itself comes by `PUT /recipe/user`.

use std::{sync::Arc, time::Duration};

use axum::extract::State;
use serde_json::json;

use super::{
    Core,
    answer::Answer,
    error::Result,
    keys::millis,
    request::Fields,
    secret::{random_token, sha256_hex},
    users::normalise_email,
};

const TOKEN_VALIDITY: Duration = Duration::from_hours(1);

/// POST `/recipe/user/password/reset/token`
pub(super) async fn create_token(State(core): State<Arc<Core>>, fields: Fields) -> Result<Answer> {
    let token = random_token()?;
    let created = sqlx::query(
        "insert into supertokens_core.password_reset_tokens \
         select $1, id, $3, $4 from supertokens_core.users where id = $2",
    )
    .bind(sha256_hex(&token))
    .bind(fields.text("userId")?)
    .bind(normalise_email(fields.text("email")?))
    .bind(core.now() + millis(TOKEN_VALIDITY))
    .execute(&core.pool)
    .await?;
    Ok(if created.rows_affected() == 0 {
        Answer::status("UNKNOWN_USER_ID_ERROR")
    } else {
        Answer::ok(json!({ "token": token }))
    })
}

/// POST `/recipe/user/password/reset/token/consume`: spends the token, and with it all others of
/// that user. A Core asks for no `method` here, other than for the verification of an email.
pub(super) async fn consume_token(State(core): State<Arc<Core>>, fields: Fields) -> Result<Answer> {
    let token_hash = sha256_hex(fields.text("token")?);
    // One statement, so that of two requests with one token only one finds it.
    let deleted: Vec<(String, String, String)> = sqlx::query_as(
        "delete from supertokens_core.password_reset_tokens t \
         using (select user_id from supertokens_core.password_reset_tokens \
                where token_hash = $1 and expires_at > $2) spent \
         where t.user_id = spent.user_id \
         returning t.token_hash, t.user_id, t.email",
    )
    .bind(&token_hash)
    .bind(core.now())
    .fetch_all(&core.pool)
    .await?;
    let spent = deleted.into_iter().find(|(hash, ..)| *hash == token_hash);
    Ok(match spent {
        Some((_, user_id, email)) => Answer::ok(json!({ "userId": user_id, "email": email })),
        None => Answer::status("RESET_PASSWORD_INVALID_TOKEN_ERROR"),
    })
}
