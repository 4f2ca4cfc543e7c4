//! How many permits each key has at once.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Permits in use by key. Cheap to clone. A key without permits takes no memory.
pub struct PerKeyLimit<K>(Arc<Mutex<HashMap<K, usize>>>);

impl<K: Clone + Eq + Hash> PerKeyLimit<K> {
    /// A permit for `key`, unless it has `max` already.
    pub fn acquire(&self, key: K, max: usize) -> Option<KeyPermit<K>> {
        let mut in_use = self.lock();
        let count = in_use.entry(key.clone()).or_default();
        if *count >= max {
            return None;
        }
        *count += 1;
        Some(KeyPermit { limit: self.clone(), key })
    }
}

impl<K> PerKeyLimit<K> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K> Clone for PerKeyLimit<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K> Default for PerKeyLimit<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

/// One permit of a key, free again when dropped.
pub struct KeyPermit<K: Eq + Hash> {
    limit: PerKeyLimit<K>,
    key: K,
}

impl<K: Eq + Hash> Drop for KeyPermit<K> {
    fn drop(&mut self) {
        let mut in_use = self.limit.lock();
        if let Some(count) = in_use.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                in_use.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_of_one_key_does_not_affect_another() {
        let limit = PerKeyLimit::default();
        let mut permits: Vec<_> = (0..3).map(|_| limit.acquire("ada", 3).unwrap()).collect();
        assert!(limit.acquire("ada", 3).is_none());
        assert!(limit.acquire("eve", 3).is_some());
        permits.pop();
        assert!(limit.acquire("ada", 3).is_some());
        drop(permits);
        assert!(limit.lock().is_empty(), "keys without permits take no memory");
    }
}
