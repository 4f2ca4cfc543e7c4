//! Proof that an email is the user's own.

use crate::auth::fdi;
use crate::auth::fdi::{Form, Outcome};
use crate::auth::refresh::with_session;
use crate::auth::session_marker;
use crate::auth::session_marker::Mark;
use crate::browser::lock;
use crate::client::error::Error;
use crate::client::http;
use crate::client::http::{NOTHING, Reply};

const RECIPE: &str = "emailverification";
const PATH: &str = "/auth/user/email/verify";

/// Sends a link to this user, unless there is nothing to verify any more.
pub async fn send_link(user: &str) -> Result<(), Error> {
    let send = || http::post("/auth/user/email/verify/token", RECIPE, NOTHING);
    let reply = with_session(user, &|| Box::pin(send())).await?;
    fdi::outcome(&reply).map(drop)
}

/// Whether the user's email is verified, which the session learns, too.
pub async fn is_verified(user: &str) -> Result<bool, Error> {
    let reply = with_session(user, &|| Box::pin(http::get(PATH, RECIPE))).await?;
    fdi::answer(&reply)?.is_verified.ok_or(Error::Unexpected)
}

/// Spends the token of a link. A session is not needed; one that is there learns of it.
pub async fn verify(token: &str) -> Result<Outcome, Error> {
    let body = Form::by_link(token, &[]).body()?;
    let reply = match session_marker::read() {
        Mark::In(user) => match with_session(&user, &|| Box::pin(send(&body))).await {
            // The server has cleared its cookies: now it is a request without a session.
            Err(Error::SessionEnded) => send(&body).await,
            reply => reply,
        },
        Mark::Out | Mark::Ended => send(&body).await,
    };
    fdi::outcome(&reply?)
}

async fn send(body: &str) -> Result<Reply, Error> {
    let _held = lock::acquire(&lock::COOKIES).await;
    http::post(PATH, RECIPE, body).await
}
