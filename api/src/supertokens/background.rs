//! Work that no answer waits for, so that its duration tells nothing.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Error;

/// How much of it may be under way at once.
const PLACES: u32 = 64;

pub struct Background(Arc<Semaphore>);

/// Leave to start one piece of work; given back when dropped.
pub struct Place(OwnedSemaphorePermit);

impl Background {
    pub fn new() -> Self {
        Self(Arc::new(Semaphore::new(PLACES as usize)))
    }

    /// A place, or [`Error::Unavailable`] while all are taken. Taken before it is known whether
    /// there is anything to do, so that a full house tells nothing either.
    pub fn reserve(&self) -> Result<Place, Error> {
        let permit = Arc::clone(&self.0).try_acquire_owned();
        permit.map(Place).map_err(|_| Error::Unavailable("too much is under way".into()))
    }

    /// Resolves when all that was started has ended.
    pub async fn finish(&self) {
        let _ = self.0.acquire_many(PLACES).await;
    }
}

impl Place {
    pub fn spawn(self, work: impl Future<Output = ()> + Send + 'static) {
        tokio::spawn(async move {
            work.await;
            drop(self.0);
        });
    }
}
