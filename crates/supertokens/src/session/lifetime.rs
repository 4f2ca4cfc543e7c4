//! Sessions that stay in use, as on a WebSocket: whose they are is checked when they begin, and their
//! end is noticed.

use std::time::Duration;

use axum::http::{HeaderMap, Method};
use clock::Clock;
use tokio::time::{Instant, sleep, sleep_until};

use crate::{
    backend::SuperTokens,
    core::{CoreError, watched::Watch},
    error::Error,
    session::{Request, Session},
};

/// How often the clock is looked at: it may be set, and a machine may sleep.
const LOOK: Duration = Duration::from_mins(1);

/// Why a session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// Its access token is too old: it may go on with another.
    Expired,
    /// It was ended: signed out, or revoked.
    Ended,
}

/// Tells when a session that is in use is over.
#[derive(Debug)]
pub struct Lifetime {
    watch: Watch,
    clock: Clock,
    /// Seconds since 1970.
    expires_at: i64,
}

impl Lifetime {
    /// Resolves when the session is over.
    pub async fn over(&mut self) -> Over {
        tokio::select! {
            () = self.watch.ended() => Over::Ended,
            () = expired(&self.clock, self.expires_at) => Over::Expired,
        }
    }
}

async fn expired(clock: &Clock, expires_at: i64) {
    loop {
        let left = expires_at.saturating_mul(1000) - clock.now().timestamp_millis();
        match u64::try_from(left) {
            Ok(left @ 1..) => sleep(LOOK.min(Duration::from_millis(left))).await,
            _ => return,
        }
    }
}

impl SuperTokens {
    /// Whether a WebSocket may be opened with these headers: not by another site's page.
    pub fn admits_socket(&self, headers: &HeaderMap) -> bool {
        self.0.origins.allow_socket(headers)
    }

    /// The session of a WebSocket that was [admitted](Self::admits_socket), from the headers that it
    /// was opened with. It lives in the Core, and its end will be noticed.
    ///
    /// Errors: as [`session_with`](Self::session_with), and while the Core is away.
    pub async fn lasting_session(
        &self,
        path: &str,
        headers: &HeaderMap,
    ) -> Result<(Session, Lifetime), Error> {
        // Where it came from is its proof against CSRF.
        let request = Request { method: &Method::GET, path, headers };
        let session = self.session(request).await?;
        let claims = &session.claims;
        let watch = self.core().watched().watch(claims.session_handle(), claims.user_id());
        // Only now: an end in between would not be noticed.
        let session = self.announce(session, true).await?;
        let expires_at = session.claims.expires_at();
        Ok((session, Lifetime { watch, clock: self.0.clock.clone(), expires_at }))
    }

    /// Asks the Core once for each user whether their sessions that are in use still live: they may be
    /// ended elsewhere. The requests are spread over `period`.
    ///
    /// A Core that does not answer ends nothing.
    pub async fn check_lasting_sessions(&self, period: Duration) {
        let users = self.core().watched().by_user();
        let pause =
            u32::try_from(users.len()).map_or(Duration::ZERO, |users| period / users.max(1));
        let mut next = Instant::now();
        let mut is_told = false;
        for (user_id, handles) in users {
            sleep_until(next).await;
            next += pause;
            let Err(error) = self.end_what_is_gone(&user_id, handles).await else { continue };
            // Once a round, however many users there are.
            if !std::mem::replace(&mut is_told, true) {
                tracing::warn!(%error, "whether sessions in use still live cannot be asked");
            }
            // One such failure says enough of a Core: the next round asks again. Any other is of this user alone.
            if matches!(error, CoreError::Unavailable(_) | CoreError::Busy { .. }) {
                return;
            }
        }
    }

    async fn end_what_is_gone(&self, user_id: &str, watched: Vec<String>) -> Result<(), CoreError> {
        let living = self.core().session_handles(user_id).await?;
        let gone: Vec<_> = watched.into_iter().filter(|handle| !living.contains(handle)).collect();
        self.core().watched().end(&gone);
        Ok(())
    }
}
