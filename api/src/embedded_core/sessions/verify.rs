//! Check of an access token, which may also tell that a refresh has arrived.

use std::sync::Arc;

use axum::extract::State;
use serde_json::{Value, json};

use super::{Session, missing, shown};
use crate::embedded_core::{
    Core,
    access_token::{self, Claims},
    answer::Answer,
    error::{Error, Result},
    keys::millis,
    request::Fields,
};

/// POST `/recipe/session/verify`
///
/// An access token that still names its parent shows that the client has the child refresh token:
/// the child becomes the current parent, as if it had been used, and the answer has an access token
/// that names no parent any more. The database is asked only for such a token, or on demand.
pub(in crate::embedded_core) async fn verify(
    State(core): State<Arc<Core>>,
    fields: Fields,
) -> Result<Answer> {
    let check_database = fields.optional_flag("checkDatabase")?.unwrap_or(false);
    let claims = access_token::read(&core.keys, fields.text("accessToken")?).await?;
    if claims.has_expired(core.now()) {
        return Err(Error::try_refresh_token("Access token expired"));
    }
    if fields.flag("enableAntiCsrf")? && fields.flag("doAntiCsrfCheck")? {
        check_anti_csrf(&claims, fields.optional_text("antiCsrfToken")?)?;
    }
    let mut answer = json!({ "session": shown(&claims) });
    if let Some(parent_hash1) = claims.parent_refresh_token_hash1.clone() {
        if let Some(token) = settle(&core, claims, &parent_hash1, check_database).await? {
            answer["accessToken"] = token;
        }
    } else if check_database {
        Session::find(&core.pool, &claims.session_handle, core.now()).await?.ok_or_else(ended)?;
    }
    Ok(Answer::ok(answer))
}

fn check_anti_csrf(claims: &Claims, given: Option<&str>) -> Result<()> {
    match claims.anti_csrf_token.as_deref() {
        None => Err(Error::try_refresh_token("Access token does not contain an anti-csrf token")),
        Some(expected) if given != Some(expected) => {
            Err(Error::try_refresh_token("anti-csrf check failed"))
        }
        Some(_) => Ok(()),
    }
}

/// Promotes the token's refresh token if its parent is still current, and gives the access token
/// without a parent; none if another child was first.
async fn settle(
    core: &Core,
    claims: Claims,
    parent_hash1: &str,
    check_database: bool,
) -> Result<Option<Value>> {
    let now = core.now();
    let mut tx = core.pool.begin().await?;
    let session = Session::lock(&mut tx, &claims.session_handle, now)
        .await?
        .ok_or_else(if check_database { ended } else { missing })?;
    if session.has_parent(parent_hash1) {
        let expires_at = now.saturating_add(millis(core.refresh_token_validity));
        session.promote(&mut tx, &claims.refresh_token_hash1, expires_at).await?;
        tx.commit().await?;
    } else if !session.has_parent(&claims.refresh_token_hash1) {
        return Ok(None);
    }
    let key = core.keys.signer(session.use_dynamic_key).await?;
    let claims = Claims { iat: now / 1000, parent_refresh_token_hash1: None, ..claims };
    Ok(Some(claims.sign(&key)?))
}

fn ended() -> Error {
    Error::unauthorised("Either the session has ended or has been blacklisted")
}
