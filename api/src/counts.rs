//! How many each one has of what there is for all.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What each one has; cheap to clone. Who has nothing takes no memory.
pub struct Counts<K>(Arc<Mutex<HashMap<K, usize>>>);

impl<K: Clone + Eq + Hash> Counts<K> {
    /// One more of them, unless so many are taken.
    pub fn take(&self, whose: K, max: usize) -> Option<Counted<K>> {
        let mut counts = self.lock();
        let taken = counts.entry(whose.clone()).or_default();
        if *taken >= max {
            return None;
        }
        *taken += 1;
        Some(Counted { counts: self.clone(), whose })
    }
}

impl<K> Counts<K> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K> Clone for Counts<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

/// One of so many; given back when dropped.
pub struct Counted<K: Eq + Hash> {
    counts: Counts<K>,
    whose: K,
}

impl<K: Eq + Hash> Drop for Counted<K> {
    fn drop(&mut self) {
        let mut counts = self.counts.lock();
        if let Some(taken) = counts.get_mut(&self.whose) {
            *taken -= 1;
            if *taken == 0 {
                counts.remove(&self.whose);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_has_so_many_and_keeps_no_other_out() {
        let counts = Counts::default();
        let mut taken: Vec<_> = (0..3).map(|_| counts.take("ada", 3).unwrap()).collect();
        assert!(counts.take("ada", 3).is_none());
        assert!(counts.take("eve", 3).is_some());
        taken.pop();
        assert!(counts.take("ada", 3).is_some());
        drop(taken);
        assert!(counts.lock().is_empty(), "nothing stays of who has left");
    }
}
