//! Sessions that were ended because somebody else may have them, and whose access tokens may still hold: these
//! are refused at once. Other copies of the service hear of it when the token is to be refreshed.
//!
//! Signing out, and ending sessions by the server's own calls, leave access tokens as they are: so the recorded
//! SDK has it, and operations can ask the Core (`Checks::database`).

use std::{
    collections::{HashSet, VecDeque},
    sync::{PoisonError, RwLock},
};

/// Beyond these the oldest are forgotten: some MB at worst.
const KEPT: usize = 20_000;

#[derive(Debug, Default)]
pub struct ExpelledSessions(RwLock<Handles>);

#[derive(Debug, Default)]
struct Handles {
    known: HashSet<String>,
    oldest_first: VecDeque<String>,
}

impl ExpelledSessions {
    pub fn add(&self, handles: &[impl AsRef<str>]) {
        let mut expelled = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for handle in handles {
            let handle = handle.as_ref().to_owned();
            if !expelled.known.insert(handle.clone()) {
                continue;
            }
            expelled.oldest_first.push_back(handle);
            if expelled.oldest_first.len() > KEPT
                && let Some(oldest) = expelled.oldest_first.pop_front()
            {
                expelled.known.remove(&oldest);
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
        let expelled = ExpelledSessions::default();
        expelled.add(&(0..KEPT).map(|n| n.to_string()).collect::<Vec<_>>());
        expelled.add(&["0"]);
        assert!(expelled.contains("0"), "known already");
        expelled.add(&["new"]);
        assert!(expelled.contains("new") && expelled.contains("1"));
        assert!(!expelled.contains("0"));
        let handles = expelled.0.read().unwrap();
        assert_eq!((handles.known.len(), handles.oldest_first.len()), (KEPT, KEPT));
    }
}
