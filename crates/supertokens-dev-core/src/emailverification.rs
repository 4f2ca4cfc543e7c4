//! Recipe emailverification. The user ids may be of any recipe, or of none that the Core knows.

use std::{sync::Arc, time::Duration};

use axum::extract::State;
use serde_json::json;
use sqlx::{PgConnection, PgExecutor};

use super::{
    Core,
    answer::Answer,
    error::{Error, Result},
    keys::millis,
    request::{Fields, Params},
    secret::{random_token, sha256_hex},
    users::normalise_email,
};

const TOKEN_VALIDITY: Duration = Duration::from_hours(24);

/// GET `/recipe/user/email/verify`
pub(super) async fn is_verified(State(core): State<Arc<Core>>, params: Params) -> Result<Answer> {
    let email = normalise_email(params.text("email")?);
    let verified = check(&core.pool, params.text("userId")?, &email).await?;
    Ok(Answer::ok(json!({ "isVerified": verified })))
}

/// POST `/recipe/user/email/verify/token`
pub(super) async fn create_token(State(core): State<Arc<Core>>, fields: Fields) -> Result<Answer> {
    let user_id = fields.text("userId")?;
    let email = normalise_email(fields.text("email")?);
    if check(&core.pool, user_id, &email).await? {
        return Ok(Answer::status("EMAIL_ALREADY_VERIFIED_ERROR"));
    }
    let token = random_token()?;
    sqlx::query("insert into supertokens_core.email_verification_tokens values ($1, $2, $3, $4)")
        .bind(sha256_hex(&token))
        .bind(user_id)
        .bind(email)
        .bind(core.now() + millis(TOKEN_VALIDITY))
        .execute(&core.pool)
        .await?;
    Ok(Answer::ok(json!({ "token": token })))
}

/// POST `/recipe/user/email/verify`: spends the token, and with it all others for that email.
pub(super) async fn verify(State(core): State<Arc<Core>>, fields: Fields) -> Result<Answer> {
    if fields.text("method")? != "token" {
        return Err(Error::bad_request("Unsupported method for email verification"));
    }
    let token_hash = sha256_hex(fields.text("token")?);
    let mut tx = core.pool.begin().await?;
    // One statement, so that of two requests with one token only one finds it.
    let deleted: Vec<(String, String, String)> = sqlx::query_as(
        "delete from supertokens_core.email_verification_tokens t \
         using (select user_id, email from supertokens_core.email_verification_tokens \
                where token_hash = $1 and expires_at > $2) spent \
         where t.user_id = spent.user_id and t.email = spent.email \
         returning t.token_hash, t.user_id, t.email",
    )
    .bind(&token_hash)
    .bind(core.now())
    .fetch_all(&mut *tx)
    .await?;
    let spent = deleted.into_iter().find(|(hash, ..)| *hash == token_hash);
    if let Some((_, user_id, email)) = &spent {
        mark_verified(&mut tx, user_id, email).await?;
    }
    tx.commit().await?;
    Ok(match spent {
        Some((_, user_id, email)) => Answer::ok(json!({ "userId": user_id, "email": email })),
        None => Answer::status("EMAIL_VERIFICATION_INVALID_TOKEN_ERROR"),
    })
}

/// POST `/recipe/user/email/verify/token/remove`
pub(super) async fn remove_tokens(State(core): State<Arc<Core>>, fields: Fields) -> Result<Answer> {
    sqlx::query(
        "delete from supertokens_core.email_verification_tokens where user_id = $1 and email = $2",
    )
    .bind(fields.text("userId")?)
    .bind(normalise_email(fields.text("email")?))
    .execute(&core.pool)
    .await?;
    Ok(Answer::ok(json!({})))
}

/// POST `/recipe/user/email/verify/remove`
pub(super) async fn unverify(State(core): State<Arc<Core>>, fields: Fields) -> Result<Answer> {
    sqlx::query("delete from supertokens_core.verified_emails where user_id = $1 and email = $2")
        .bind(fields.text("userId")?)
        .bind(normalise_email(fields.text("email")?))
        .execute(&core.pool)
        .await?;
    Ok(Answer::ok(json!({})))
}

pub(super) async fn mark_verified(tx: &mut PgConnection, user_id: &str, email: &str) -> Result<()> {
    sqlx::query(
        "insert into supertokens_core.verified_emails values ($1, $2) on conflict do nothing",
    )
    .bind(user_id)
    .bind(email)
    .execute(tx)
    .await?;
    Ok(())
}

async fn check(db: impl PgExecutor<'_>, user_id: &str, email: &str) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "select exists (select from supertokens_core.verified_emails \
         where user_id = $1 and email = $2)",
    )
    .bind(user_id)
    .bind(email)
    .fetch_one(db)
    .await?)
}
