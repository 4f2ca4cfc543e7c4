//! How many sockets there are, and the end of all of them.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// How many sockets a process holds.
const MAX: u32 = 10_000;
/// How many of them one user has.
const MAX_OF_USER: usize = 20;

/// The sockets of this process; cheap to clone.
#[derive(Clone)]
pub struct Sockets(Arc<Inner>);

struct Inner {
    places: Arc<Semaphore>,
    users: Mutex<HashMap<String, usize>>,
    closing: watch::Sender<bool>,
}

impl Default for Sockets {
    fn default() -> Self {
        Self(Arc::new(Inner {
            places: Arc::new(Semaphore::new(MAX as usize)),
            users: Mutex::default(),
            closing: watch::Sender::new(false),
        }))
    }
}

impl Sockets {
    /// A place for one more, unless all are taken or the service stops.
    pub fn enter(&self) -> Option<Place> {
        let permit = Arc::clone(&self.0.places).try_acquire_owned().ok()?;
        let closing = self.0.closing.subscribe();
        let is_closing = *closing.borrow();
        (!is_closing).then_some(Place { _permit: permit, closing })
    }

    /// A place among those of the user, unless all are taken.
    pub fn enter_as(&self, user_id: &str) -> Option<UserPlace> {
        let mut users = self.users();
        let taken = users.entry(user_id.to_owned()).or_default();
        if *taken >= MAX_OF_USER {
            return None;
        }
        *taken += 1;
        Some(UserPlace { sockets: self.clone(), user_id: user_id.to_owned() })
    }

    /// Tells every socket to close, and lets none in.
    pub fn close(&self) {
        self.0.closing.send_replace(true);
    }

    /// Resolves when none is left.
    pub async fn finish(&self) {
        let _ = self.0.places.acquire_many(MAX).await;
    }

    fn users(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.0.users.lock().unwrap_or_else(PoisonError::into_inner)
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

pub struct UserPlace {
    sockets: Sockets,
    user_id: String,
}

impl Drop for UserPlace {
    fn drop(&mut self) {
        let mut users = self.sockets.users();
        if let Entry::Occupied(mut taken) = users.entry(std::mem::take(&mut self.user_id)) {
            *taken.get_mut() -= 1;
            if *taken.get() == 0 {
                taken.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn a_user_has_so_many_and_others_are_not_kept_out() {
        let sockets = Sockets::default();
        let mut places: Vec<_> =
            (0..MAX_OF_USER).map(|_| sockets.enter_as("ada").unwrap()).collect();
        assert!(sockets.enter_as("ada").is_none());
        assert!(sockets.enter_as("eve").is_some());
        places.pop();
        assert!(sockets.enter_as("ada").is_some());
        drop(places);
        assert!(sockets.users().is_empty(), "nothing stays of who has left");
    }

    #[test]
    fn there_are_so_many_in_all() {
        let sockets = Sockets::default();
        let mut places: Vec<_> = (0..MAX).map(|_| sockets.enter().unwrap()).collect();
        assert!(sockets.enter().is_none());
        places.pop();
        assert!(sockets.enter().is_some());
    }

    #[test]
    fn closing_tells_all_lets_none_in_and_waits_for_the_last() {
        let sockets = Sockets::default();
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
