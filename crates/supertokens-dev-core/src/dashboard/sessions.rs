//! Sessions of dashboard users: an opaque id that lives for a month and is not refreshed.

use std::{sync::Arc, time::Duration};

use axum::extract::State;
use serde_json::json;

use super::{not_empty, trimmed};
use crate::{
    Core,
    answer::Answer,
    error::Result,
    keys::millis,
    request::{Fields, Params},
    secret::{random_token, sha256_hex},
    users::normalise_email,
};

const VALIDITY: Duration = Duration::from_hours(30 * 24);

/// POST `/recipe/dashboard/signin`. An unknown email takes as long as a wrong password.
pub(crate) async fn sign_in(State(core): State<Arc<Core>>, fields: Fields) -> Result<Answer> {
    let email = normalise_email(trimmed(&fields, "email")?);
    let password = trimmed(&fields, "password")?;
    let found: Option<(String, String)> = sqlx::query_as(
        "select id, password_hash from supertokens_core.dashboard_users where email = $1",
    )
    .bind(email)
    .fetch_optional(&core.pool)
    .await?;
    let (id, hash) = found.unzip();
    let matches = core.passwords.verify(password, hash.clone()).await?;
    if !matches {
        return Ok(Answer::status("INVALID_CREDENTIALS_ERROR"));
    }
    let (token, now) = (random_token()?, core.now());
    // Not for a user who was removed, or got another password, while this one was checked.
    let made = sqlx::query(
        "insert into supertokens_core.dashboard_sessions \
         select $1, id, $4, $5 from supertokens_core.dashboard_users \
         where id = $2 and password_hash = $3 for update",
    )
    .bind(sha256_hex(&token))
    .bind(id)
    .bind(hash)
    .bind(now)
    .bind(now.saturating_add(millis(VALIDITY)))
    .execute(&core.pool)
    .await?;
    Ok(match made.rows_affected() {
        0 => Answer::status("INVALID_CREDENTIALS_ERROR"),
        _ => Answer::ok(json!({ "sessionId": token })),
    })
}

/// POST `/recipe/dashboard/session/verify`: whose session it is, by email.
pub(crate) async fn verify_session(
    State(core): State<Arc<Core>>,
    fields: Fields,
) -> Result<Answer> {
    let email: Option<String> = sqlx::query_scalar(
        "select u.email from supertokens_core.dashboard_sessions s \
         join supertokens_core.dashboard_users u on u.id = s.user_id \
         where s.token_hash = $1 and s.expires_at > $2",
    )
    .bind(sha256_hex(trimmed(&fields, "sessionId")?))
    .bind(core.now())
    .fetch_optional(&core.pool)
    .await?;
    Ok(match email {
        Some(email) => Answer::ok(json!({ "email": email })),
        None => Answer::status("INVALID_SESSION_ERROR"),
    })
}

/// DELETE `/recipe/dashboard/session`; OK for one that is not there, too.
pub(crate) async fn remove_session(
    State(core): State<Arc<Core>>,
    params: Params,
) -> Result<Answer> {
    let token = not_empty(params.text("sessionId")?, "sessionId")?;
    sqlx::query("delete from supertokens_core.dashboard_sessions where token_hash = $1")
        .bind(sha256_hex(token))
        .execute(&core.pool)
        .await?;
    Ok(Answer::ok(json!({})))
}
