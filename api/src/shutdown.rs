//! How the service stops: it is told, leaves those in front of it time to notice, then lets nobody in.

use std::sync::Arc;

use tokio::sync::watch;

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Serving,
    /// Answers as ever, and says that it is about to go: proxies send their requests elsewhere.
    Leaving,
    /// Lets nobody in. What is under way ends.
    Closing,
}

/// Cheap to clone: all of them are one.
#[derive(Debug, Clone)]
pub struct Shutdown(Arc<watch::Sender<Stage>>);

impl Default for Shutdown {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Stage::Serving)))
    }
}

impl Shutdown {
    pub fn advance(&self, stage: Stage) {
        self.0.send_if_modified(|now| {
            let is_later = stage > *now;
            *now = stage.max(*now);
            is_later
        });
    }

    pub fn has_begun(&self) -> bool {
        *self.0.borrow() > Stage::Serving
    }

    /// Resolves when nobody is let in any more.
    pub async fn closing(&self) {
        // Never an error: this is a sender of its own.
        let _ = self.0.subscribe().wait_for(|stage| *stage == Stage::Closing).await;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn it_goes_on_and_never_back() {
        let shutdown = Shutdown::default();
        assert!(!shutdown.has_begun());
        shutdown.advance(Stage::Leaving);
        assert!(shutdown.has_begun());
        assert_eq!(shutdown.closing().now_or_never(), None);
        shutdown.advance(Stage::Closing);
        shutdown.advance(Stage::Leaving);
        assert_eq!(shutdown.closing().now_or_never(), Some(()));
    }
}
