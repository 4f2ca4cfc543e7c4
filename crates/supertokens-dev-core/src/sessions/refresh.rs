//! Refresh, with the detection of stolen tokens.

use std::sync::Arc;

use axum::extract::State;
use serde_json::json;

use super::{NewTokens, Session, missing};
use crate::{
    Core,
    answer::Answer,
    error::{Error, Result},
    keys::millis,
    refresh_token::RefreshToken,
    request::Fields,
    secret::sha256_hex,
};

/// POST `/recipe/session/refresh`
///
/// A client may lose an answer, or ask from two tabs at once, so spending a token does not end it.
/// The session's row names one token, the current parent. Refreshing with the parent gives a child
/// and changes nothing; children may be many. The first child to be used becomes the parent. Any
/// other token, one of the former parent's other children or the former parent itself, is then
/// in the hands of two: theft.
pub(crate) async fn refresh(State(core): State<Arc<Core>>, fields: Fields) -> Result<Answer> {
    let text = fields.text("refreshToken")?;
    let with_anti_csrf = fields.flag("enableAntiCsrf")?;
    let use_dynamic_key = fields.flag("useDynamicSigningKey")?;
    let token = core.refresh_token_key.open(text)?;
    if with_anti_csrf {
        check_anti_csrf(&token, fields.optional_text("antiCsrfToken")?)?;
    }
    let hash1 = sha256_hex(text);
    let session = match accept(&core, &token, &hash1, use_dynamic_key).await? {
        Verdict::Accepted(session) => session,
        Verdict::Theft(session) => return Ok(theft(&session)),
    };
    // Signed after the transaction: its connection is free again while the processor works.
    let tokens = NewTokens {
        session_handle: session.handle,
        user_id: session.user_id,
        user_data: session.user_data_in_jwt.0,
        parent_hash1: Some(hash1),
        with_anti_csrf,
        use_dynamic_key: session.use_dynamic_key,
    };
    Ok(Answer::ok(tokens.issue(&core).await?.answer))
}

/// A token that was made without an anti-CSRF token needs none.
fn check_anti_csrf(token: &RefreshToken, given: Option<&str>) -> Result<()> {
    match token.anti_csrf_token.as_deref() {
        Some(expected) if Some(expected) != given => {
            Err(Error::unauthorised("Anti CSRF token missing, or not matching"))
        }
        _ => Ok(()),
    }
}

enum Verdict {
    Accepted(Session),
    Theft(Session),
}

async fn accept(
    core: &Core,
    token: &RefreshToken,
    hash1: &str,
    use_dynamic_key: bool,
) -> Result<Verdict> {
    let now = core.now();
    let mut tx = core.pool.begin().await?;
    let mut session = Session::lock(&mut tx, &token.session_handle, now)
        .await?
        .filter(|session| session.user_id == token.user_id)
        .ok_or_else(missing)?;
    if !session.has_parent(hash1) {
        let is_child = token.parent_hash1.as_deref().is_some_and(|hash1| session.has_parent(hash1));
        if !is_child {
            return Ok(Verdict::Theft(session));
        }
        let expires_at = now.saturating_add(millis(core.refresh_token_validity));
        session.promote(&mut tx, hash1, expires_at).await?;
    }
    if use_dynamic_key != session.use_dynamic_key {
        sqlx::query("update supertokens_core.sessions set use_dynamic_key = $2 where handle = $1")
            .bind(&session.handle)
            .bind(use_dynamic_key)
            .execute(&mut *tx)
            .await?;
        session.use_dynamic_key = use_dynamic_key;
    }
    tx.commit().await?;
    Ok(Verdict::Accepted(session))
}

/// The session stays: the backend decides what becomes of it.
fn theft(session: &Session) -> Answer {
    Answer::bare(json!({
        "status": "TOKEN_THEFT_DETECTED",
        "session": {
            "handle": session.handle,
            "userId": session.user_id,
            "recipeUserId": session.user_id,
        },
    }))
}
