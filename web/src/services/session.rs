//! Requests that need the session: refreshed behind the caller's back, once for all who wait.

use super::error::Error;
use super::http::{self, Nothing, Reply};
use super::lock;
use super::mark::{self, Mark};

/// How often one request may find its access token stale: once by age, once more when another tab's refresh
/// came in between.
const REFRESHES: usize = 2;

/// What an answer says about the session that asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Good,
    /// The access token is spent, the session may live.
    Stale,
    Gone,
}

fn standing(reply: &Reply) -> Standing {
    match (reply.status, reply.message().as_deref()) {
        (401, Some("try refresh token")) => Standing::Stale,
        (401, _) => Standing::Gone,
        _ => Standing::Good,
    }
}

/// Sends, and where the access token is spent refreshes and sends again. An answer meant for one person never
/// reaches a page that another tab has meanwhile signed in as somebody else.
pub async fn with_session(send: impl AsyncFn() -> Result<Reply, Error>) -> Result<Reply, Error> {
    let owner = mark::read();
    for attempt in 0..=REFRESHES {
        if !matches!(owner, Mark::In(_)) || mark::read() != owner {
            return Err(Error::SessionEnded);
        }
        let generation = mark::generation();
        let reply = send().await?;
        match standing(&reply) {
            Standing::Good => return reply.fault().map_or(Ok(reply), Err),
            Standing::Gone => break,
            Standing::Stale if attempt < REFRESHES => refresh(generation).await?,
            Standing::Stale => {}
        }
    }
    end(&owner);
    Err(Error::SessionEnded)
}

/// Gets new cookies, unless another request or tab has done so since `seen`.
async fn refresh(seen: u64) -> Result<(), Error> {
    let _held = lock::acquire("todos.refresh").await;
    if mark::generation() != seen {
        return Ok(());
    }
    let owner = mark::read();
    if !matches!(owner, Mark::In(_)) {
        return Err(Error::SessionEnded);
    }
    let reply = http::post("/auth/session/refresh", "anti-csrf", &Nothing {}).await?;
    match reply.status {
        200 => {
            mark::next_generation();
            Ok(())
        }
        401 => {
            end(&owner);
            Err(Error::SessionEnded)
        }
        _ => Err(reply.fault().unwrap_or(Error::Unexpected)),
    }
}

/// Says so to the other tabs, unless somebody has signed in anew in the meantime.
fn end(owner: &Mark) {
    if mark::read() == *owner {
        mark::write(&Mark::Ended);
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
    fn other_answers_leave_the_session_alone() {
        assert_eq!(answer(200, "{}"), Standing::Good);
        assert_eq!(answer(503, r#"{"message":"try refresh token"}"#), Standing::Good);
    }
}
