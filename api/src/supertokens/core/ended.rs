//! Sessions that were ended by this client of the Core and whose access tokens may still hold: they are refused
//! at once. Other copies of the service hear of it when the token is to be refreshed.

use std::{
    collections::{HashSet, VecDeque},
    sync::{PoisonError, RwLock},
};

/// Beyond these the oldest are forgotten: some MB at worst.
const KEPT: usize = 20_000;

#[derive(Debug, Default)]
pub struct EndedSessions(RwLock<Handles>);

#[derive(Debug, Default)]
struct Handles {
    known: HashSet<String>,
    oldest_first: VecDeque<String>,
}

impl EndedSessions {
    pub fn add(&self, handles: &[impl AsRef<str>]) {
        let mut ended = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for handle in handles {
            let handle = handle.as_ref().to_owned();
            if !ended.known.insert(handle.clone()) {
                continue;
            }
            ended.oldest_first.push_back(handle);
            if ended.oldest_first.len() > KEPT
                && let Some(oldest) = ended.oldest_first.pop_front()
            {
                ended.known.remove(&oldest);
            }
        }
    }

    pub fn contains(&self, handle: &str) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).known.contains(handle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_known_and_no_more_than_are_kept() {
        let ended = EndedSessions::default();
        ended.add(&(0..KEPT).map(|n| n.to_string()).collect::<Vec<_>>());
        ended.add(&["0"]);
        assert!(ended.contains("0"), "known already");
        ended.add(&["new"]);
        assert!(ended.contains("new") && ended.contains("1"));
        assert!(!ended.contains("0"));
        let handles = ended.0.read().unwrap();
        assert_eq!((handles.known.len(), handles.oldest_first.len()), (KEPT, KEPT));
    }
}
