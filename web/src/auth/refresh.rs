//! Requests that need the session: refreshed behind the caller's back, once for all who wait.

use futures_util::future::LocalBoxFuture;

use crate::auth::session_marker;
use crate::browser::lock;
use crate::client::error::Error;
use crate::client::http;
use crate::client::http::{NOTHING, Reply};

/// How often one request may find its access token stale: once by age, and again when another tab's refresh
/// or a failed one came in between.
const REFRESHES: usize = 3;

/// What an answer says about the session that asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Good,
    /// The access token is spent, the session may live.
    Stale,
    /// It lives, and counts for nothing before the email is verified.
    Unverified,
    Gone,
}

fn standing(reply: &Reply) -> Standing {
    match (reply.status, reply.message().as_deref()) {
        (401, Some("try refresh token")) => Standing::Stale,
        (401, _) => Standing::Gone,
        (403, Some("invalid claim")) => Standing::Unverified,
        _ => Standing::Good,
    }
}

/// Sends the request, as often as it is called. Behind a pointer, because the page would otherwise carry a copy
/// of all this for each kind of request.
type Send<'a> = &'a dyn Fn() -> LocalBoxFuture<'a, Result<Reply, Error>>;

/// Sends for the user whose page asks, and where the access token is spent refreshes and sends again.
///
/// The cookies are the browser's, not the tab's: as soon as another tab has signed in somebody else, nothing
/// is sent for this user any more, and no answer, not even a failure, reaches their page.
pub async fn with_session(user: &str, send: Send<'_>) -> Result<Reply, Error> {
    let outcome = ask(user, send).await;
    still_here(user).and(outcome)
}

fn still_here(user: &str) -> Result<(), Error> {
    if session_marker::read().names(user) { Ok(()) } else { Err(Error::SessionEnded) }
}

async fn ask(user: &str, send: Send<'_>) -> Result<Reply, Error> {
    for attempt in 0..=REFRESHES {
        still_here(user)?;
        let generation = session_marker::generation();
        let reply = send().await?;
        match standing(&reply) {
            Standing::Good => return reply.fault().map_or(Ok(reply), Err),
            Standing::Unverified => return Err(Error::Unverified),
            // It went with cookies that have been replaced since.
            Standing::Gone if session_marker::generation() != generation => {}
            Standing::Gone => break,
            Standing::Stale if attempt < REFRESHES => refresh(user, generation).await?,
            Standing::Stale => {}
        }
    }
    session_marker::end(user);
    Err(Error::SessionEnded)
}

/// Gets new cookies, unless another request or tab has done so since `seen`.
async fn refresh(user: &str, seen: u64) -> Result<(), Error> {
    let held = lock::acquire(&lock::COOKIES).await;
    still_here(user)?;
    // Whoever had the lock before was most likely here for the same; the count may reach this tab later than
    // the lock does.
    if held.waited || session_marker::generation() != seen {
        return Ok(());
    }
    let reply = http::post("/auth/session/refresh", "anti-csrf", NOTHING).await?;
    match reply.status {
        200 => {
            session_marker::next_generation();
            Ok(())
        }
        401 => {
            session_marker::end(user);
            Err(Error::SessionEnded)
        }
        _ => Err(reply.fault().unwrap_or(Error::Unexpected)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Standing {
        standing(&Reply { status, body: body.to_owned(), ..Reply::default() })
    }

    #[test]
    fn only_the_agreed_words_ask_for_a_refresh() {
        assert_eq!(answer(401, r#"{"message":"try refresh token"}"#), Standing::Stale);
        assert_eq!(answer(401, r#"{"message":"unauthorised"}"#), Standing::Gone);
        assert_eq!(answer(401, r#"{"message":"token theft detected"}"#), Standing::Gone);
        assert_eq!(answer(401, ""), Standing::Gone);
    }

    #[test]
    fn an_unverified_email_is_no_end() {
        assert_eq!(answer(403, r#"{"message":"invalid claim"}"#), Standing::Unverified);
        assert_eq!(answer(403, r#"{"message":"forbidden"}"#), Standing::Good);
    }

    #[test]
    fn other_answers_leave_the_session_alone() {
        assert_eq!(answer(200, "{}"), Standing::Good);
        assert_eq!(answer(503, r#"{"message":"try refresh token"}"#), Standing::Good);
    }
}
