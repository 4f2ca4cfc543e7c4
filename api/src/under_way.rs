//! How many operations are under way at once: those beyond are told so at once, before all of them wait.
//!
//! A place is for what waits for the database. Signing in waits for the Core, where there is a queue of its own
//! (`supertokens/core/transport.rs`); all else waits for neither.

use std::sync::{Arc, OnceLock};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::counts::{Counted, Counts};

/// A user may have this part of the places, and so may those who wait for the Core: neither a script nor a Core
/// that is silent keeps all others from their rows.
const SHARE: usize = 4;

/// As many as the tabs of one user may want at once, however few places there are.
const OF_USER: usize = 16;

/// The places of this process; cheap to clone.
#[derive(Clone)]
pub struct UnderWay(Arc<Inner>);

struct Inner {
    places: Arc<Semaphore>,
    at_core: Arc<Semaphore>,
    users: Counts<String>,
    of_user: usize,
}

impl UnderWay {
    pub fn new(max: usize) -> Self {
        Self(Arc::new(Inner {
            places: Arc::new(Semaphore::new(max)),
            at_core: Arc::new(Semaphore::new((max / SHARE).max(1))),
            users: Counts::default(),
            of_user: (max / SHARE).max(OF_USER),
        }))
    }

    /// A place for one more, unless all are taken.
    pub fn enter(&self) -> Option<Place> {
        let permit = Arc::clone(&self.0.places).try_acquire_owned().ok()?;
        Some(Place(Arc::new(Taken {
            under_way: self.clone(),
            _permit: permit,
            of_user: OnceLock::new(),
            at_core: OnceLock::new(),
        })))
    }
}

/// Of one request; given back when the last clone is dropped.
#[derive(Clone)]
pub struct Place(Arc<Taken>);

struct Taken {
    under_way: UnderWay,
    _permit: OwnedSemaphorePermit,
    of_user: OnceLock<Counted<String>>,
    at_core: OnceLock<OwnedSemaphorePermit>,
}

impl Place {
    /// Counts it among those of the user. Answers whether they may have one more.
    pub fn is_for(&self, user_id: &str) -> bool {
        let Inner { users, of_user, .. } = &*self.0.under_way.0;
        let counted = users.take(user_id.to_owned(), *of_user);
        counted.is_some_and(|counted| self.0.of_user.set(counted).is_ok())
    }

    /// Counts it among those that wait for the Core, from now on. Answers whether it may be one of them.
    pub fn may_wait_for_core(&self) -> bool {
        let Taken { under_way, at_core, .. } = &*self.0;
        if at_core.get().is_some() {
            return true;
        }
        let Ok(permit) = Arc::clone(&under_way.0.at_core).try_acquire_owned() else { return false };
        // Another field of the request may have been faster: then this one is given back.
        let _ = at_core.set(permit);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_has_a_quarter_of_the_places() {
        let under_way = UnderWay::new(100);
        let places: Vec<_> = (0..26).map(|_| under_way.enter().unwrap()).collect();
        let admitted = places.iter().filter(|place| place.is_for("ada")).count();
        assert_eq!(admitted, 25);
        assert!(under_way.enter().unwrap().is_for("eve"));
        drop(places);
        assert!(under_way.enter().unwrap().is_for("ada"), "they are given back");
    }

    #[test]
    fn a_quarter_of_them_may_wait_for_the_core() {
        let under_way = UnderWay::new(8);
        let places: Vec<_> = (0..8).map(|_| under_way.enter().unwrap()).collect();
        assert!(under_way.enter().is_none());
        let waiting = places.iter().filter(|place| place.may_wait_for_core()).count();
        assert_eq!(waiting, 2);
        assert!(places[0].may_wait_for_core(), "it does already");
        drop(places);
        assert!(under_way.enter().unwrap().may_wait_for_core(), "they are given back");
    }
}
