//! How many sockets are open, and their common shutdown.

use std::{net::IpAddr, sync::Arc};

use supertokens::ClientAddress;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::per_key_limit::{KeyPermit, PerKeyLimit};

/// Sockets of a process, if it may have enough connections.
const MAX: usize = 10_000;
/// Sockets of one user.
const MAX_PER_USER: usize = 20;
/// Sockets of one address before their `connection_init`.
const MAX_UNAUTHENTICATED: usize = 50;

/// What sockets are counted by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    Unauthenticated(IpAddr),
    User(String),
}

/// A permit of a user or an address, free again when dropped.
pub type KeyedPermit = KeyPermit<Key>;

/// The sockets of this process. Cheap to clone.
#[derive(Clone)]
pub struct Sockets(Arc<Inner>);

struct Inner {
    max: usize,
    permits: Arc<Semaphore>,
    per_key: PerKeyLimit<Key>,
    closing: watch::Sender<bool>,
}

impl Sockets {
    /// Three quarters of the connections may be sockets. The rest is kept for requests.
    pub fn new(connections: usize) -> Self {
        let max = (connections - connections / 4).min(MAX);
        Self(Arc::new(Inner {
            max,
            permits: Arc::new(Semaphore::new(max)),
            per_key: PerKeyLimit::default(),
            closing: watch::Sender::new(false),
        }))
    }

    /// A permit for one more socket, unless all are in use or the service stops.
    pub fn enter(&self) -> Option<SocketPermit> {
        let permit = Arc::clone(&self.0.permits).try_acquire_owned().ok()?;
        let closing = self.0.closing.subscribe();
        let is_closing = *closing.borrow();
        (!is_closing).then_some(SocketPermit { _permit: permit, closing })
    }

    /// A permit of the user, unless all are in use.
    pub fn enter_as(&self, user_id: &str) -> Option<KeyedPermit> {
        self.0.per_key.acquire(Key::User(user_id.to_owned()), MAX_PER_USER)
    }

    /// A permit of the address for a socket without a session, unless all are in use.
    pub fn enter_from(&self, client: ClientAddress) -> Option<KeyedPermit> {
        self.0.per_key.acquire(Key::Unauthenticated(client.network()), MAX_UNAUTHENTICATED)
    }

    /// Closes every socket, and admits no more.
    pub fn close(&self) {
        self.0.closing.send_replace(true);
    }

    /// How many are open.
    pub fn open(&self) -> usize {
        self.0.max - self.0.permits.available_permits()
    }

    /// Resolves when all have closed.
    pub async fn finish(&self) {
        let _ = self.0.permits.acquire_many(u32::try_from(self.0.max).unwrap_or(u32::MAX)).await;
    }
}

/// The permit of an open socket, free again when dropped.
pub struct SocketPermit {
    _permit: OwnedSemaphorePermit,
    closing: watch::Receiver<bool>,
}

impl SocketPermit {
    /// Resolves when the service stops.
    pub async fn closing(&mut self) {
        let _ = self.closing.wait_for(|closing| *closing).await;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn sockets_have_three_quarters_of_the_connections() {
        for (connections, sockets) in [(100, 75), (10, 8), (13_333, 10_000), (1_000_000, 10_000)] {
            assert_eq!(Sockets::new(connections).0.max, sockets, "{connections}");
        }
    }

    #[test]
    fn user_has_a_limit_of_their_own() {
        let sockets = Sockets::new(100);
        let permits: Vec<_> = (0..MAX_PER_USER).map(|_| sockets.enter_as("ada").unwrap()).collect();
        assert!(sockets.enter_as("ada").is_none());
        assert!(sockets.enter_as("eve").is_some());
        drop(permits);
        assert!(sockets.enter_as("ada").is_some());
    }

    #[test]
    fn address_has_a_limit_for_unauthenticated_sockets() {
        let sockets = Sockets::new(100);
        let from = |address: &str| sockets.enter_from(ClientAddress(address.parse().unwrap()));
        let unauthenticated: Vec<_> =
            (0..MAX_UNAUTHENTICATED).map(|_| from("192.0.2.1").unwrap()).collect();
        assert!(from("192.0.2.1").is_none());
        assert!(from("192.0.2.2").is_some());
        assert!(sockets.enter_as("ada").is_some());
        drop(unauthenticated);
        assert!(from("192.0.2.1").is_some());
    }

    #[test]
    fn three_quarters_of_the_connections_may_be_sockets() {
        let sockets = Sockets::new(100);
        let mut permits: Vec<_> = (0..75).map(|_| sockets.enter().unwrap()).collect();
        assert!(sockets.enter().is_none());
        permits.pop();
        assert!(sockets.enter().is_some());
    }

    #[test]
    fn close_admits_no_more_and_finish_waits_for_the_last() {
        let sockets = Sockets::new(100);
        let mut permit = sockets.enter().unwrap();
        assert_eq!(permit.closing().now_or_never(), None);
        sockets.close();
        assert_eq!(permit.closing().now_or_never(), Some(()));
        assert!(sockets.enter().is_none());
        assert_eq!(sockets.finish().now_or_never(), None);
        drop(permit);
        assert_eq!(sockets.finish().now_or_never(), Some(()));
    }
}
