//! Recipe thirdparty: a user whom an identity provider vouches for.

use std::sync::Arc;

use axum::extract::State;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Core,
    answer::Answer,
    emailverification,
    error::{Error, Result},
    request::{Fields, invalid},
    users::{User, normalise_email},
    version::Version,
};

/// POST `/recipe/signinup`: makes the user, or takes over the provider's email for one who exists.
pub(super) async fn sign_in_up(
    State(core): State<Arc<Core>>,
    version: Version,
    fields: Fields,
) -> Result<Answer> {
    let provider = fields.text("thirdPartyId")?;
    let provider_user = fields.text("thirdPartyUserId")?;
    let email = fields.object("email")?;
    let is_verified = email.get("isVerified").and_then(Value::as_bool).unwrap_or(false);
    let email = email.get("id").and_then(Value::as_str).ok_or_else(|| invalid("email"))?;
    let email = normalise_email(email);

    let mut tx = core.pool.begin().await?;
    let (id, created): (String, bool) = sqlx::query_as(
        // Of an updated row `xmax` is the updating transaction; of a new one it is 0.
        "insert into supertokens_core.users \
             (id, recipe_id, email, third_party_id, third_party_user_id, time_joined) \
         values ($1, 'thirdparty', $2, $3, $4, $5) \
         on conflict (third_party_id, third_party_user_id) do update set email = excluded.email \
         returning id, xmax = 0",
    )
    .bind(Uuid::new_v4().to_string())
    .bind(&email)
    .bind(provider)
    .bind(provider_user)
    .bind(core.now())
    .fetch_one(&mut *tx)
    .await?;
    if is_verified {
        emailverification::mark_verified(&mut tx, &id, &email).await?;
    }
    let user = User::find(&mut *tx, &id)
        .await?
        .ok_or_else(|| Error::internal("a user just written is not there"))?;
    tx.commit().await?;
    Ok(Answer::ok(json!({
        "createdNewUser": created,
        "user": user.to_json(version),
        "recipeUserId": id,
    })))
}
