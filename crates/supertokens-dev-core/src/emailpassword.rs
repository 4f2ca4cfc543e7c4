//! Recipe emailpassword: sign up, sign in, change of email or password.

use std::sync::Arc;

use axum::extract::State;
use serde_json::json;
use uuid::Uuid;

use super::{
    Core,
    answer::Answer,
    error::{Error, Result},
    request::Fields,
    users::{User, normalise_email},
    version::Version,
};

/// POST `/recipe/signup`
pub(super) async fn sign_up(
    State(core): State<Arc<Core>>,
    version: Version,
    fields: Fields,
) -> Result<Answer> {
    let email = normalise_email(fields.text("email")?);
    let hash = core.passwords.hash(fields.text("password")?).await?;
    let id = Uuid::new_v4().to_string();
    let inserted = sqlx::query(
        "insert into supertokens_core.users (id, recipe_id, email, password_hash, time_joined) \
         values ($1, 'emailpassword', $2, $3, $4) \
         on conflict (email) where recipe_id = 'emailpassword' do nothing",
    )
    .bind(&id)
    .bind(email)
    .bind(hash)
    .bind(core.now())
    .execute(&core.pool)
    .await?;
    if inserted.rows_affected() == 0 {
        return Ok(Answer::status("EMAIL_ALREADY_EXISTS_ERROR"));
    }
    signed_in(&core, &id, version).await
}

/// POST `/recipe/signin`
pub(super) async fn sign_in(
    State(core): State<Arc<Core>>,
    version: Version,
    fields: Fields,
) -> Result<Answer> {
    let email = normalise_email(fields.text("email")?);
    let password = fields.text("password")?;
    let found: Option<(String, String)> = sqlx::query_as(
        "select id, password_hash from supertokens_core.users \
         where recipe_id = 'emailpassword' and email = $1",
    )
    .bind(email)
    .fetch_optional(&core.pool)
    .await?;
    let (id, hash) = found.unzip();
    let matches = core.passwords.verify(password, hash).await?;
    match id {
        Some(id) if matches => signed_in(&core, &id, version).await,
        _ => Ok(Answer::status("WRONG_CREDENTIALS_ERROR")),
    }
}

/// PUT `/recipe/user`. Links to choose a new password were for the email and password of before:
/// they end with either.
pub(super) async fn update(State(core): State<Arc<Core>>, fields: Fields) -> Result<Answer> {
    let id = fields.text("recipeUserId")?;
    let email = fields.optional_text("email")?.map(normalise_email);
    let hash = match fields.optional_text("password")? {
        Some(password) => Some(core.passwords.hash(password).await?),
        None => None,
    };
    if email.is_none() && hash.is_none() {
        return Err(Error::bad_request("You have to provide either email or password."));
    }
    let updated = sqlx::query(
        "with spent as (delete from supertokens_core.password_reset_tokens where user_id = $1) \
         update supertokens_core.users \
         set email = coalesce($2, email), password_hash = coalesce($3, password_hash) \
         where id = $1 and recipe_id = 'emailpassword'",
    )
    .bind(id)
    .bind(email)
    .bind(hash)
    .execute(&core.pool)
    .await;
    match updated {
        Ok(done) if done.rows_affected() == 0 => Ok(Answer::status("UNKNOWN_USER_ID_ERROR")),
        Ok(_) => Ok(Answer::ok(json!({}))),
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
            Ok(Answer::status("EMAIL_ALREADY_EXISTS_ERROR"))
        }
        Err(error) => Err(error.into()),
    }
}

async fn signed_in(core: &Core, id: &str, version: Version) -> Result<Answer> {
    // Gone already, if another request removed the user in between.
    Ok(match User::find(&core.pool, id).await? {
        Some(user) => Answer::ok(json!({ "user": user.to_json(version), "recipeUserId": user.id })),
        None => Answer::status("WRONG_CREDENTIALS_ERROR"),
    })
}
