//! Sessions that were revoked and whose access tokens may not have expired: these tokens are refused at once. Other
//! copies of the service refuse them from the next refresh on, and operations can ask the Core (`Checks::database`).
//!
//! A session that its own holder signs out of is not listed: the recorded SDK accepts its access token until it expires,
//! and a list that anybody can add to could be flooded.

use std::{
    collections::{HashSet, VecDeque},
    sync::{PoisonError, RwLock},
};

/// Beyond these the oldest are dropped: some MB at worst.
const KEPT: usize = 20_000;

#[derive(Debug, Default)]
pub struct DeniedSessions(RwLock<Handles>);

#[derive(Debug, Default)]
struct Handles {
    known: HashSet<String>,
    oldest_first: VecDeque<String>,
}

impl DeniedSessions {
    pub fn add(&self, handles: &[impl AsRef<str>]) {
        let mut denied = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for handle in handles {
            let handle = handle.as_ref().to_owned();
            if !denied.known.insert(handle.clone()) {
                continue;
            }
            denied.oldest_first.push_back(handle);
            if denied.oldest_first.len() > KEPT
                && let Some(oldest) = denied.oldest_first.pop_front()
            {
                denied.known.remove(&oldest);
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
        let denied = DeniedSessions::default();
        denied.add(&(0..KEPT).map(|n| n.to_string()).collect::<Vec<_>>());
        denied.add(&["0"]);
        assert!(denied.contains("0"), "known already");
        denied.add(&["new"]);
        assert!(denied.contains("new") && denied.contains("1"));
        assert!(!denied.contains("0"));
        let handles = denied.0.read().unwrap();
        assert_eq!((handles.known.len(), handles.oldest_first.len()), (KEPT, KEPT));
    }
}
