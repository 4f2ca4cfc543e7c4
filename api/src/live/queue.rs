//! What one subscriber was not told yet: bounded, so that a slow one takes no more memory than others.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::change::{Change, Kind};

/// How many todos may wait. Beyond that the subscriber is told to read the list again instead.
pub const CAPACITY: usize = 256;
/// How many are taken at once: their rows are read together, and then wait in memory.
const AT_ONCE: usize = 32;

/// What waited when it was asked for.
#[derive(Debug, PartialEq, Eq)]
pub enum Batch {
    /// Up to 32, in the order in which they began to wait, each todo once.
    Changes(Vec<Change>),
    /// Changes were missed, or were too many to tell.
    Refetch,
}

/// Many write, one reads.
#[derive(Debug, Default)]
pub struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    changes: Vec<Change>,
    refetch: bool,
}

impl Queue {
    pub fn push(&self, changes: &[Change]) {
        self.waiting().add(changes);
        self.arrived.notify_one();
    }

    /// Whatever waits is covered by reading the list again.
    pub fn refetch(&self) {
        self.waiting().give_up();
        self.arrived.notify_one();
    }

    /// What waits, once there is something. Dropping the future loses nothing.
    pub async fn take(&self) -> Batch {
        loop {
            if let Some(batch) = self.waiting().take() {
                return batch;
            }
            self.arrived.notified().await;
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn add(&mut self, changes: &[Change]) {
        for change in changes {
            if self.refetch {
                return;
            }
            match self.changes.iter().position(|waiting| waiting.id == change.id) {
                Some(known) => {
                    let waiting = &mut self.changes[known];
                    waiting.kind = follow(waiting.kind, change.kind);
                    waiting.revision = waiting.revision.max(change.revision);
                }
                None if self.changes.len() == CAPACITY => self.give_up(),
                None => self.changes.push(*change),
            }
        }
    }

    fn give_up(&mut self) {
        *self = Self { changes: Vec::new(), refetch: true };
    }

    fn take(&mut self) -> Option<Batch> {
        if std::mem::take(&mut self.refetch) {
            return Some(Batch::Refetch);
        }
        match self.changes.len() {
            0 => None,
            1..=AT_ONCE => Some(Batch::Changes(std::mem::take(&mut self.changes))),
            _ => Some(Batch::Changes(self.changes.drain(..AT_ONCE).collect())),
        }
    }
}

/// Two changes of one todo, as one: whoever was not told of the new todo is told of it now.
fn follow(first: Kind, second: Kind) -> Kind {
    match (first, second) {
        (Kind::Added, Kind::Updated) => Kind::Added,
        _ => second,
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn changes(kind: Kind, ids: std::ops::Range<i64>) -> Vec<Change> {
        ids.map(|id| Change { id, revision: 1, kind }).collect()
    }

    #[test]
    fn a_todo_waits_once_with_what_became_of_it() {
        let queue = Queue::default();
        queue.push(&changes(Kind::Added, 1..4));
        queue.push(&changes(Kind::Updated, 1..2));
        queue.push(&changes(Kind::Deleted, 2..3));
        let expected = [(1, Kind::Added), (2, Kind::Deleted), (3, Kind::Added)];
        let expected = expected.map(|(id, kind)| Change { id, revision: 1, kind }).to_vec();
        assert_eq!(queue.take().now_or_never(), Some(Batch::Changes(expected)));
        assert_eq!(queue.take().now_or_never(), None);
    }

    #[test]
    fn more_than_fits_becomes_one_refetch_and_takes_no_memory() {
        let queue = Queue::default();
        queue.push(&changes(Kind::Added, 0..256));
        queue.push(&changes(Kind::Updated, 0..256));
        assert!(!queue.waiting().refetch, "those known need no room");
        queue.push(&changes(Kind::Added, 256..10_000));
        queue.push(&changes(Kind::Added, 0..10_000));
        assert_eq!(queue.waiting().changes.capacity(), 0);
        assert_eq!(queue.take().now_or_never(), Some(Batch::Refetch));

        queue.push(&changes(Kind::Added, 1..2));
        let expected = changes(Kind::Added, 1..2);
        assert_eq!(queue.take().now_or_never(), Some(Batch::Changes(expected)), "it goes on");
    }

    #[test]
    fn many_are_taken_in_parts() {
        let queue = Queue::default();
        queue.push(&changes(Kind::Added, 0..70));
        for ids in [0..32, 32..64, 64..70] {
            let expected = Some(Batch::Changes(changes(Kind::Added, ids)));
            assert_eq!(queue.take().now_or_never(), expected);
        }
        assert_eq!(queue.take().now_or_never(), None);
    }

    #[test]
    fn a_refetch_covers_what_waits() {
        let queue = Queue::default();
        queue.push(&changes(Kind::Added, 1..2));
        queue.refetch();
        queue.push(&changes(Kind::Added, 2..3));
        assert_eq!(queue.take().now_or_never(), Some(Batch::Refetch));
        assert_eq!(queue.take().now_or_never(), None);
    }

    #[tokio::test]
    async fn a_reader_is_woken() {
        let queue = Queue::default();
        let (batch, ()) = tokio::join!(queue.take(), async {
            tokio::task::yield_now().await;
            queue.push(&changes(Kind::Added, 1..2));
        });
        assert_eq!(batch, Batch::Changes(changes(Kind::Added, 1..2)));
    }
}
