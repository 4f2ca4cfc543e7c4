//! Dashboard users: add, list, change, remove. Unlike the Core's, their number is not limited.

use std::sync::Arc;

use axum::extract::State;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{not_empty, optional_trimmed, trimmed};
use crate::{
    Core,
    answer::Answer,
    error::{Error, Result},
    request::{Fields, Params},
    users::normalise_email,
};

const TAKEN: &str = "EMAIL_ALREADY_EXISTS_ERROR";
const UNKNOWN: &str = "UNKNOWN_USER_ERROR";

/// A row of `dashboard_users`, but for the password.
#[derive(sqlx::FromRow)]
struct DashboardUser {
    id: String,
    email: String,
    time_joined: i64,
}

impl DashboardUser {
    fn to_json(&self) -> Value {
        json!({ "userId": self.id, "email": self.email, "timeJoined": self.time_joined })
    }
}

/// POST `/recipe/dashboard/user`
pub(crate) async fn create(State(core): State<Arc<Core>>, fields: Fields) -> Result<Answer> {
    let email = normalise_email(trimmed(&fields, "email")?);
    if !is_email(&email) {
        return Ok(Answer::status("INVALID_EMAIL_ERROR"));
    }
    let password = trimmed(&fields, "password")?;
    if let Some(weakness) = weakness(password) {
        return Ok(weak(weakness));
    }
    let hash = core.passwords.hash(password).await?;
    let created: Option<DashboardUser> = sqlx::query_as(
        "insert into supertokens_core.dashboard_users values ($1, $2, $3, $4) \
         on conflict (email) do nothing returning id, email, time_joined",
    )
    .bind(Uuid::new_v4().to_string())
    .bind(email)
    .bind(hash)
    .bind(core.now())
    .fetch_optional(&core.pool)
    .await?;
    Ok(match created {
        Some(user) => Answer::ok(json!({ "user": user.to_json() })),
        None => Answer::status(TAKEN),
    })
}

/// GET `/recipe/dashboard/users`, who was added first comes first.
pub(crate) async fn list(State(core): State<Arc<Core>>) -> Result<Answer> {
    let users: Vec<DashboardUser> = sqlx::query_as(
        "select id, email, time_joined from supertokens_core.dashboard_users \
         order by time_joined, id",
    )
    .fetch_all(&core.pool)
    .await?;
    let users: Vec<_> = users.iter().map(DashboardUser::to_json).collect();
    Ok(Answer::ok(json!({ "users": users })))
}

/// PUT `/recipe/dashboard/user`: another email or password, which ends the user's sessions.
pub(crate) async fn update(State(core): State<Arc<Core>>, fields: Fields) -> Result<Answer> {
    let email = optional_trimmed(&fields, "newEmail")?.map(normalise_email);
    if email.as_deref().is_some_and(|email| !is_email(email)) {
        return Ok(Answer::status("INVALID_EMAIL_ERROR"));
    }
    let password = optional_trimmed(&fields, "newPassword")?;
    if let Some(weakness) = password.and_then(weakness) {
        return Ok(weak(weakness));
    }
    let who = Who::new(optional_trimmed(&fields, "userId")?, optional_trimmed(&fields, "email")?)?;
    let hash = match password {
        Some(password) => Some(core.passwords.hash(password).await?),
        None => None,
    };
    let mut tx = core.pool.begin().await?;
    let updated = sqlx::query_as(
        "update supertokens_core.dashboard_users \
         set email = coalesce($3, email), password_hash = coalesce($4, password_hash) \
         where id = $1 or email = $2 returning id, email, time_joined",
    )
    .bind(who.id)
    .bind(who.email)
    .bind(email)
    .bind(hash)
    .fetch_optional(&mut *tx)
    .await;
    let user: DashboardUser = match updated {
        Ok(Some(user)) => user,
        Ok(None) => return Ok(Answer::status(UNKNOWN)),
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
            return Ok(Answer::status(TAKEN));
        }
        Err(error) => return Err(error.into()),
    };
    sqlx::query("delete from supertokens_core.dashboard_sessions where user_id = $1")
        .bind(&user.id)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(Answer::ok(json!({ "user": user.to_json() })))
}

/// DELETE `/recipe/dashboard/user`, with the user's sessions.
pub(crate) async fn remove(State(core): State<Arc<Core>>, params: Params) -> Result<Answer> {
    let given = |name| params.optional(name).map(|value| not_empty(value, name)).transpose();
    let who = Who::new(given("userId")?, given("email")?)?;
    let removed =
        sqlx::query("delete from supertokens_core.dashboard_users where id = $1 or email = $2")
            .bind(who.id)
            .bind(who.email)
            .execute(&core.pool)
            .await?;
    Ok(Answer::ok(json!({ "didUserExist": removed.rows_affected() > 0 })))
}

/// A user by exactly one of these; the id counts where both are given.
struct Who<'a> {
    id: Option<&'a str>,
    email: Option<String>,
}

impl<'a> Who<'a> {
    fn new(id: Option<&'a str>, email: Option<&str>) -> Result<Self> {
        match (id, email) {
            (Some(_), _) => Ok(Self { id, email: None }),
            (None, Some(email)) => Ok(Self { id, email: Some(normalise_email(email)) }),
            (None, None) => {
                Err(Error::bad_request("Either field 'email' or 'userId' must be present"))
            }
        }
    }
}

fn weak(message: &str) -> Answer {
    Answer::bare(json!({ "status": "PASSWORD_WEAK_ERROR", "message": message }))
}

/// Something, `@`, and a host name with a top-level domain.
fn is_email(email: &str) -> bool {
    let Some((local, host)) = email.rsplit_once('@') else {
        return false;
    };
    let is_label = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let is_top = |label: &str| label.len() >= 2 && label.chars().all(|c| c.is_ascii_alphabetic());
    let has_host = host
        .rsplit_once('.')
        .is_some_and(|(rest, top)| is_top(top) && rest.split('.').all(is_label));
    !local.is_empty() && has_host
}

/// Why a password is too weak, in the Core's words.
fn weakness(password: &str) -> Option<&'static str> {
    let length = password.encode_utf16().count();
    if length < 8 {
        Some("Password must contain at least 8 characters, including a number")
    } else if length >= 100 {
        Some("Password's length must be lesser than 100 characters")
    } else if !password.chars().any(|c| c.is_ascii_alphabetic()) {
        Some("Password must contain at least one alphabet")
    } else if !password.chars().any(|c| c.is_ascii_digit()) {
        Some("Password must contain at least one number")
    } else {
        None
    }
}
