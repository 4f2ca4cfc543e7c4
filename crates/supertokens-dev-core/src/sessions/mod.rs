//! Recipe session. A row keeps the hash of one refresh token, the current parent; see
//! [`refresh`](self::refresh()) for how it moves on.

mod manage;
mod refresh;
mod regenerate;
mod verify;

use std::sync::Arc;

use axum::extract::State;
use serde_json::{Map, Value, json};
use sqlx::{PgExecutor, types::Json};
use uuid::Uuid;

pub(super) use self::{
    manage::{get, of_user, remove, set_jwt_data, set_session_data},
    refresh::refresh,
    regenerate::regenerate,
    verify::verify,
};
use super::{
    Core,
    access_token::{Claims, check_user_data},
    answer::Answer,
    error::{Error, Result},
    keys::millis,
    multitenancy::TENANT,
    refresh_token::RefreshToken,
    request::Fields,
    secret::sha256_hex,
};

/// A row of `sessions`.
#[derive(sqlx::FromRow)]
struct Session {
    handle: String,
    user_id: String,
    refresh_token_hash2: String,
    user_data_in_jwt: Json<Map<String, Value>>,
    user_data_in_database: Json<Map<String, Value>>,
    use_dynamic_key: bool,
    created_at: i64,
    expires_at: i64,
}

impl Session {
    /// The session, if there is one that has not ended by `now`.
    async fn find(db: impl PgExecutor<'_>, handle: &str, now: i64) -> Result<Option<Self>> {
        Ok(sqlx::query_as(
            "select * from supertokens_core.sessions where handle = $1 and expires_at > $2",
        )
        .bind(handle)
        .bind(now)
        .fetch_optional(db)
        .await?)
    }

    /// As [`find`](Self::find), with the row locked until the transaction ends.
    async fn lock(
        tx: &mut sqlx::PgTransaction<'_>,
        handle: &str,
        now: i64,
    ) -> Result<Option<Self>> {
        Ok(sqlx::query_as(
            "select * from supertokens_core.sessions where handle = $1 and expires_at > $2 \
             for update",
        )
        .bind(handle)
        .bind(now)
        .fetch_optional(&mut **tx)
        .await?)
    }

    /// Whether `hash1`, the hash of a refresh token, is of the current parent.
    fn has_parent(&self, hash1: &str) -> bool {
        self.refresh_token_hash2 == sha256_hex(hash1)
    }

    /// Makes the token of `hash1` the current parent, and starts the session's time anew.
    async fn promote(
        &self,
        tx: &mut sqlx::PgTransaction<'_>,
        hash1: &str,
        expires_at: i64,
    ) -> Result<()> {
        sqlx::query(
            "update supertokens_core.sessions \
             set refresh_token_hash2 = $2, expires_at = $3 where handle = $1",
        )
        .bind(&self.handle)
        .bind(sha256_hex(hash1))
        .bind(expires_at)
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}

/// POST `/recipe/session`
pub(super) async fn create(State(core): State<Arc<Core>>, fields: Fields) -> Result<Answer> {
    let user_id = fields.text("userId")?.to_owned();
    let user_data = fields.object("userDataInJWT")?;
    check_user_data(user_data)?;
    let new = NewTokens {
        session_handle: Uuid::new_v4().to_string(),
        user_id,
        user_data: user_data.clone(),
        parent_hash1: None,
        with_anti_csrf: fields.flag("enableAntiCsrf")?,
        // Left out, it means dynamic.
        use_dynamic_key: fields.optional_flag("useDynamicSigningKey")?.unwrap_or(true),
    };
    let tokens = new.issue(&core).await?;
    sqlx::query("insert into supertokens_core.sessions values ($1, $2, $3, $4, $5, $6, $7, $8)")
        .bind(&new.session_handle)
        .bind(&new.user_id)
        .bind(sha256_hex(&tokens.refresh_token_hash1))
        .bind(Json(user_data))
        .bind(Json(fields.object("userDataInDatabase")?))
        .bind(new.use_dynamic_key)
        .bind(tokens.created_at)
        .bind(tokens.expires_at)
        .execute(&core.pool)
        .await?;
    Ok(Answer::ok(tokens.answer))
}

/// A pair of tokens to be made, for a new session or for one that is refreshed.
struct NewTokens {
    session_handle: String,
    user_id: String,
    user_data: Map<String, Value>,
    /// Of the refresh token that is spent for them.
    parent_hash1: Option<String>,
    with_anti_csrf: bool,
    use_dynamic_key: bool,
}

struct IssuedTokens {
    refresh_token_hash1: String,
    created_at: i64,
    expires_at: i64,
    /// `session`, `accessToken`, `refreshToken`, and `antiCsrfToken` if there is one.
    answer: Value,
}

impl NewTokens {
    async fn issue(&self, core: &Core) -> Result<IssuedTokens> {
        let created_at = core.now();
        let expires_at = created_at.saturating_add(millis(core.refresh_token_validity));
        let anti_csrf_token = self.with_anti_csrf.then(|| Uuid::new_v4().to_string());
        let refresh_token = core.refresh_token_key.seal(&RefreshToken::new(
            self.session_handle.clone(),
            self.user_id.clone(),
            self.parent_hash1.clone(),
            anti_csrf_token.clone(),
        ))?;
        let refresh_token_hash1 = sha256_hex(&refresh_token);
        let iat = created_at / 1000;
        let claims = Claims {
            iat,
            exp: iat.saturating_add(millis(core.access_token_validity) / 1000),
            sub: self.user_id.clone(),
            tenant_id: TENANT.to_owned(),
            recipe_user_id: self.user_id.clone(),
            session_handle: self.session_handle.clone(),
            refresh_token_hash1: refresh_token_hash1.clone(),
            parent_refresh_token_hash1: self.parent_hash1.clone(),
            anti_csrf_token: anti_csrf_token.clone(),
            user_data: self.user_data.clone(),
        };
        let key = core.keys.signer(self.use_dynamic_key).await?;
        let mut answer = json!({
            "session": shown(&claims),
            "accessToken": claims.sign(&key)?,
            "refreshToken": {
                "token": refresh_token,
                "expiry": expires_at,
                "createdTime": created_at,
            },
        });
        if let Some(token) = anti_csrf_token {
            answer["antiCsrfToken"] = token.into();
        }
        Ok(IssuedTokens { refresh_token_hash1, created_at, expires_at, answer })
    }
}

/// The `session` of an answer, as its access token tells it.
fn shown(claims: &Claims) -> Value {
    json!({
        "handle": claims.session_handle,
        "userId": claims.sub,
        "recipeUserId": claims.recipe_user_id,
        "userDataInJWT": claims.user_data,
        "tenantId": claims.tenant_id,
    })
}

/// The session is gone, for a caller who holds a token of it.
fn missing() -> Error {
    Error::unauthorised("Session missing in db or has expired")
}

/// The session is gone, for a caller who names it by its handle.
fn does_not_exist() -> Error {
    Error::unauthorised("Session does not exist.")
}
