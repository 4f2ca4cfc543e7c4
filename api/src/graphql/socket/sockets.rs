//! How many sockets there are, and the end of all of them.

use std::{net::IpAddr, sync::Arc};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::{
    counts::{Counted, Counts},
    supertokens::ClientAddress,
};

/// How many sockets a process holds, where there is room for more connections than that.
const MAX: usize = 10_000;
/// How many of them one user has.
const MAX_OF_USER: usize = 20;
/// How many one address may have open on which nobody has said yet who they are.
const MAX_OF_STRANGERS: usize = 50;

/// Whose sockets are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Whose {
    Strangers(IpAddr),
    User(String),
}

/// One of so many; given back when dropped.
pub type CountedPlace = Counted<Whose>;

/// The sockets of this process; cheap to clone.
#[derive(Clone)]
pub struct Sockets(Arc<Inner>);

struct Inner {
    max: usize,
    places: Arc<Semaphore>,
    counts: Counts<Whose>,
    closing: watch::Sender<bool>,
}

impl Sockets {
    /// Where there is room for so many connections: a quarter of them is kept for requests, since a socket
    /// makes room for nobody.
    pub fn new(connections: usize) -> Self {
        let max = (connections - connections / 4).min(MAX);
        Self(Arc::new(Inner {
            max,
            places: Arc::new(Semaphore::new(max)),
            counts: Counts::default(),
            closing: watch::Sender::new(false),
        }))
    }

    /// A place for one more, unless all are taken or the service stops.
    pub fn enter(&self) -> Option<Place> {
        let permit = Arc::clone(&self.0.places).try_acquire_owned().ok()?;
        let closing = self.0.closing.subscribe();
        let is_closing = *closing.borrow();
        (!is_closing).then_some(Place { _permit: permit, closing })
    }

    /// A place among those of the user, unless all are taken.
    pub fn enter_as(&self, user_id: &str) -> Option<CountedPlace> {
        self.0.counts.take(Whose::User(user_id.to_owned()), MAX_OF_USER)
    }

    /// A place among those of who come from there and are not known yet, unless all are taken.
    pub fn enter_from(&self, client: ClientAddress) -> Option<CountedPlace> {
        self.0.counts.take(Whose::Strangers(client.network()), MAX_OF_STRANGERS)
    }

    /// Tells every socket to close, and lets none in.
    pub fn close(&self) {
        self.0.closing.send_replace(true);
    }

    /// How many there are.
    pub fn open(&self) -> usize {
        self.0.max - self.0.places.available_permits()
    }

    /// Resolves when none is left.
    pub async fn finish(&self) {
        let _ = self.0.places.acquire_many(u32::try_from(self.0.max).unwrap_or(u32::MAX)).await;
    }
}

/// Leave to be open; given back when dropped.
pub struct Place {
    _permit: OwnedSemaphorePermit,
    closing: watch::Receiver<bool>,
}

impl Place {
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
    fn a_user_has_so_many_and_others_are_not_kept_out() {
        let sockets = Sockets::new(100);
        let places: Vec<_> = (0..MAX_OF_USER).map(|_| sockets.enter_as("ada").unwrap()).collect();
        assert!(sockets.enter_as("ada").is_none());
        assert!(sockets.enter_as("eve").is_some());
        drop(places);
        assert!(sockets.enter_as("ada").is_some());
    }

    #[test]
    fn strangers_of_one_address_keep_no_others_out() {
        let sockets = Sockets::new(100);
        let from = |address: &str| sockets.enter_from(ClientAddress(address.parse().unwrap()));
        let strangers: Vec<_> = (0..MAX_OF_STRANGERS).map(|_| from("192.0.2.1").unwrap()).collect();
        assert!(from("192.0.2.1").is_none());
        assert!(from("192.0.2.2").is_some());
        assert!(sockets.enter_as("ada").is_some());
        drop(strangers);
        assert!(from("192.0.2.1").is_some());
    }

    #[test]
    fn there_are_three_of_four_connections_in_all() {
        let sockets = Sockets::new(100);
        let mut places: Vec<_> = (0..75).map(|_| sockets.enter().unwrap()).collect();
        assert!(sockets.enter().is_none());
        places.pop();
        assert!(sockets.enter().is_some());
    }

    #[test]
    fn closing_tells_all_lets_none_in_and_waits_for_the_last() {
        let sockets = Sockets::new(100);
        let mut place = sockets.enter().unwrap();
        assert_eq!(place.closing().now_or_never(), None);
        sockets.close();
        assert_eq!(place.closing().now_or_never(), Some(()));
        assert!(sockets.enter().is_none());
        assert_eq!(sockets.finish().now_or_never(), None);
        drop(place);
        assert_eq!(sockets.finish().now_or_never(), Some(()));
    }
}
