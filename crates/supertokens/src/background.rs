//! Work that no answer waits for, so that its duration tells nothing.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::Error;

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
        permit.map(Place).map_err(|_| Error::unavailable("too much is under way"))
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

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn a_full_house_takes_no_more_until_work_ends() {
        let background = Background::new();
        let mut places: Vec<_> = (0..PLACES).map(|_| background.reserve().ok().unwrap()).collect();
        assert!(matches!(background.reserve(), Err(Error::Unavailable { .. })));
        places.pop();
        assert!(background.reserve().is_ok());
    }

    #[tokio::test]
    async fn finishing_waits_for_what_was_started() {
        let background = Background::new();
        let (done, wait) = oneshot::channel();
        let (told, ended) = oneshot::channel();
        background.reserve().ok().unwrap().spawn(async {
            wait.await.unwrap();
            told.send(()).unwrap();
        });
        done.send(()).unwrap();
        background.finish().await;
        assert!(ended.await.is_ok());
    }
}
