//! Cancels the statement of a caller that is gone.

use std::{io, time::Duration};

use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::time::{Instant, sleep_until};

use crate::{
    connect::Canceller,
    error::{ConnectError, Error},
};

/// How long the server may take to accept a cancel request.
pub(super) const CANCEL_TIMEOUT: Duration = Duration::from_secs(2);
/// A cancel request is repeated: the server ignores one that arrives between two messages.
const CANCEL_INTERVAL: Duration = Duration::from_millis(200);
/// How long the server may go on after the first cancel request before the connection is closed.
const CANCEL_GIVE_UP: Duration = Duration::from_secs(5);

/// Cancel requests for one statement, one at a time.
#[derive(Default)]
pub(super) struct Cancel {
    started_at: Option<Instant>,
    running: Option<BoxFuture<'static, Result<(), ConnectError>>>,
    next_at: Option<Instant>,
}

impl Cancel {
    /// Resolves when a request has been accepted, or with an error when the connection has to be closed. Dropping
    /// the future loses nothing.
    pub async fn run(&mut self, canceller: &Canceller) -> Result<(), Error> {
        let started_at = *self.started_at.get_or_insert_with(Instant::now);
        if let Some(next_at) = self.next_at {
            sleep_until(next_at).await;
            self.next_at = None;
        }
        if started_at.elapsed() > CANCEL_GIVE_UP {
            let text = "the server did not cancel a statement";
            return Err(io::Error::new(io::ErrorKind::TimedOut, text).into());
        }
        let running =
            self.running.get_or_insert_with(|| canceller.clone().cancel(CANCEL_TIMEOUT).boxed());
        let canceled = running.await;
        self.running = None;
        self.next_at = Some(Instant::now() + CANCEL_INTERVAL);
        Ok(canceled?)
    }

    /// Waits for a request that was sent.
    pub async fn finish(self) -> Result<(), ConnectError> {
        match self.running {
            Some(running) => running.await,
            None => Ok(()),
        }
    }
}
