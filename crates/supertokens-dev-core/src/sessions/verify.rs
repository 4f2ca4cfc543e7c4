//! Check of an access token, which may also tell that a refresh has arrived.

use std::sync::Arc;

use axum::extract::State;
use serde_json::json;

use super::{Session, missing, shown};
use crate::{
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
/// that names no parent any more. The database is asked only for such a token, or on demand: then a token with an
/// outdated payload is replaced, too. A replaced token lives as long as a new one.
pub(crate) async fn verify(State(core): State<Arc<Core>>, fields: Fields) -> Result<Answer> {
    let token = fields.text("accessToken")?;
    let check_anti_csrf = fields.flag("doAntiCsrfCheck")?;
    let enable_anti_csrf = fields.flag("enableAntiCsrf")?;
    let check_database = fields.flag("checkDatabase")?;
    let claims = access_token::read(&core.keys, token).await?;
    if claims.has_expired(core.now()) {
        return Err(Error::try_refresh_token("Access token expired"));
    }
    if enable_anti_csrf && check_anti_csrf {
        compare_anti_csrf(&claims, fields.optional_text("antiCsrfToken")?)?;
    }
    let replaced = if let Some(parent_hash1) = claims.parent_refresh_token_hash1.clone() {
        settle(&core, &claims, &parent_hash1, check_database).await?
    } else if check_database {
        let session = Session::find(&core.pool, &claims.session_handle, core.now()).await?;
        let session = session.ok_or_else(ended)?;
        (session.user_data_in_jwt.0 != claims.user_data).then_some(session)
    } else {
        None
    };
    let Some(session) = replaced else {
        return Ok(Answer::ok(json!({ "session": shown(&claims) })));
    };
    let iat = core.now() / 1000;
    let claims = Claims {
        iat,
        exp: iat.saturating_add(millis(core.access_token_validity) / 1000),
        parent_refresh_token_hash1: None,
        user_data: session.user_data_in_jwt.0,
        ..claims
    };
    let key = core.keys.signer(session.use_dynamic_key).await?;
    Ok(Answer::ok(json!({ "session": shown(&claims), "accessToken": claims.sign(&key)? })))
}

fn compare_anti_csrf(claims: &Claims, given: Option<&str>) -> Result<()> {
    match claims.anti_csrf_token.as_deref() {
        None => Err(Error::try_refresh_token(
            "Access token does not contain all the information. Maybe the structure has changed?",
        )),
        Some(expected) if given != Some(expected) => {
            Err(Error::try_refresh_token("anti-csrf check failed"))
        }
        Some(_) => Ok(()),
    }
}

/// Promotes the token's refresh token if its parent is still current. Returns the session whose payload the new access
/// token has; none if another child was first.
async fn settle(
    core: &Core,
    claims: &Claims,
    parent_hash1: &str,
    check_database: bool,
) -> Result<Option<Session>> {
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
    Ok(Some(session))
}

fn ended() -> Error {
    Error::unauthorised("Either the session has ended or has been blacklisted")
}
