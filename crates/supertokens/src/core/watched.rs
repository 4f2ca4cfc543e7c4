//! Sessions whose end somebody waits for.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

/// By handle; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Watched(Arc<Mutex<HashMap<String, Entry>>>);

#[derive(Debug)]
struct Entry {
    user_id: String,
    /// Dropped with the entry, which is what the watchers notice.
    ended: watch::Sender<()>,
}

impl Watched {
    /// From now on the end of this session is noticed.
    pub fn watch(&self, handle: &str, user_id: &str) -> Watch {
        let mut entries = self.entries();
        let entry = entries.entry(handle.to_owned()).or_insert_with(|| Entry {
            user_id: user_id.to_owned(),
            ended: watch::Sender::new(()),
        });
        Watch { watched: self.clone(), handle: handle.to_owned(), ended: entry.ended.subscribe() }
    }

    /// These sessions are over.
    pub fn end(&self, handles: &[impl AsRef<str>]) {
        let mut entries = self.entries();
        for handle in handles {
            entries.remove(handle.as_ref());
        }
    }

    /// All sessions of the user are over.
    pub fn end_of_user(&self, user_id: &str) {
        self.entries().retain(|_, entry| entry.user_id != user_id);
    }

    /// The handles that are watched now, by their user.
    pub fn by_user(&self) -> HashMap<String, Vec<String>> {
        let mut users: HashMap<String, Vec<String>> = HashMap::new();
        for (handle, entry) in self.entries().iter() {
            users.entry(entry.user_id.clone()).or_default().push(handle.clone());
        }
        users
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who waits for the end of a session.
#[derive(Debug)]
pub struct Watch {
    watched: Watched,
    handle: String,
    ended: watch::Receiver<()>,
}

impl Watch {
    /// Resolves when the session is over.
    pub async fn ended(&mut self) {
        while self.ended.changed().await.is_ok() {}
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut entries = self.watched.entries();
        // An entry that this one no longer belongs to is of later watchers.
        let is_own = self.ended.has_changed().is_ok();
        let is_last =
            entries.get(&self.handle).is_some_and(|entry| entry.ended.receiver_count() == 1);
        if is_own && is_last {
            entries.remove(&self.handle);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn is_over(watch: &mut Watch) -> bool {
        watch.ended().now_or_never().is_some()
    }

    #[test]
    fn who_watches_a_session_hears_of_its_end_and_nobody_else() {
        let watched = Watched::default();
        let mut waiting = [("1", "ada"), ("1", "ada"), ("2", "ada"), ("3", "eve")]
            .map(|(handle, user)| watched.watch(handle, user));
        assert!(!waiting.iter_mut().any(is_over));
        watched.end(&["1", "unknown"]);
        assert_eq!(waiting.each_mut().map(is_over), [true, true, false, false]);
        watched.end_of_user("ada");
        assert_eq!(waiting.each_mut().map(is_over), [true, true, true, false]);
        assert_eq!(watched.by_user(), HashMap::from([("eve".into(), vec!["3".into()])]));
    }

    #[test]
    fn nothing_stays_of_who_has_left() {
        let watched = Watched::default();
        let (first, second) = (watched.watch("1", "ada"), watched.watch("1", "ada"));
        drop(first);
        assert_eq!(watched.by_user().len(), 1);
        drop(second);
        assert!(watched.by_user().is_empty());
    }

    #[test]
    fn who_leaves_after_the_end_takes_no_later_watcher_along() {
        let watched = Watched::default();
        let before = watched.watch("1", "ada");
        watched.end(&["1"]);
        let mut after = watched.watch("1", "ada");
        drop(before);
        assert!(!is_over(&mut after));
    }
}
