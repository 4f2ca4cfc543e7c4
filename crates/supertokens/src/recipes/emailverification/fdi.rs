//! Recipe EmailVerification: proof that an email belongs to whoever signs in with it.

use axum::{
    Json,
    extract::{OriginalUri, State},
    http::{HeaderMap, Method, Uri},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{
    backend::SuperTokens,
    error::Error,
    limits::ClientAddress,
    mailer::{Mail, MailKind},
    recipes::form,
    routes::JsonObject,
    session::{Checks, Request, Session, validators::EMAIL_VERIFIED},
};

/// `POST /user/email/verify/token`: sends the session's user a link.
pub async fn send_link(
    State(supertokens): State<SuperTokens>,
    client: ClientAddress,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let session = any_session(&supertokens, &method, &uri, &headers).await?;
    supertokens.require_mailer()?;
    let token = match email_of(&supertokens, &session).await? {
        Some(email) => {
            let user_id = session.claims.recipe_user_id();
            supertokens.limits().mail(MailKind::EmailVerification, client, user_id)?;
            let token = supertokens.core().create_verification_token(user_id, &email).await?;
            token.map(|token| (email, token))
        }
        // Who has no email has none to verify.
        None => None,
    };
    let Some((email, token)) = token else {
        let session = fetch_claim(&supertokens, session).await?;
        return Ok(answer(session, &json!({"status": "EMAIL_ALREADY_VERIFIED_ERROR"})));
    };
    // The claim may be missing, or say yes if the email was unverified since. Updated before the mail: a request that
    // fails has sent none.
    let session = if session.claims.is_email_unverified() {
        session
    } else {
        fetch_claim(&supertokens, session).await?
    };
    let link = supertokens.verification_link(&token, session.claims.user_id());
    supertokens.mailer().send(Mail { kind: MailKind::EmailVerification, to: email, link });
    Ok(answer(session, &json!({"status": "OK"})))
}

/// `GET /user/email/verify`: whether the email is verified, which the session learns, too.
pub async fn status(
    State(supertokens): State<SuperTokens>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let session = any_session(&supertokens, &method, &uri, &headers).await?;
    let verified = is_verified(&supertokens, &session).await?;
    let session = supertokens.set_claim(session, EMAIL_VERIFIED, verified).await?;
    Ok(answer(session, &json!({"status": "OK", "isVerified": verified})))
}

/// `POST /user/email/verify`: spends the token of a link. A session is not needed, but one that is
/// there learns of it.
pub async fn verify(
    State(supertokens): State<SuperTokens>,
    client: ClientAddress,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    JsonObject(body): JsonObject,
) -> Result<Response, Error> {
    let token = form::token(&body, "email verification")?;
    supertokens.limits().request(client)?;
    let session = match any_session(&supertokens, &method, &uri, &headers).await {
        Ok(session) => Some(session),
        Err(Error::Unauthorised | Error::SessionEnded(_)) => None,
        Err(error) => return Err(error),
    };
    let Some(owner) = supertokens.core().verify_email(&token).await? else {
        let status = json!({"status": "EMAIL_VERIFICATION_INVALID_TOKEN_ERROR"});
        return Ok(Json(status).into_response());
    };
    let done = json!({"status": "OK"});
    match session.filter(|session| session.claims.recipe_user_id() == owner.user_id) {
        Some(session) => Ok(answer(fetch_claim(&supertokens, session).await?, &done)),
        None => Ok(Json(done).into_response()),
    }
}

/// Brings the session's claim `st-ev` up to date.
pub async fn fetch_claim(supertokens: &SuperTokens, session: Session) -> Result<Session, Error> {
    let verified = is_verified(supertokens, &session).await?;
    supertokens.set_claim(session, EMAIL_VERIFIED, verified).await
}

async fn is_verified(supertokens: &SuperTokens, session: &Session) -> Result<bool, Error> {
    match email_of(supertokens, session).await? {
        Some(email) => {
            let user_id = session.claims.recipe_user_id();
            Ok(supertokens.core().is_email_verified(user_id, &email).await?)
        }
        None => Ok(true),
    }
}

/// The email that the session's user signs in with now, if they have one.
async fn email_of(supertokens: &SuperTokens, session: &Session) -> Result<Option<String>, Error> {
    let user_id = session.claims.recipe_user_id();
    // Who was deleted has no session any more.
    let user = supertokens.core().user(user_id).await?.ok_or_else(|| supertokens.ended())?;
    Ok(user.login_method(user_id).and_then(|method| method.email.clone()))
}

/// A session whose email need not be verified yet.
async fn any_session(
    supertokens: &SuperTokens,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Session, Error> {
    let request = Request { method, path: uri.path(), headers };
    supertokens.session_with(request, Checks::default()).await
}

fn answer(session: Session, body: &serde_json::Value) -> Response {
    (session.headers, Json(body)).into_response()
}
