//! Which transaction gets the next connection: those that wait, and how many connections each key has.

use std::{collections::HashMap, sync::Arc};

use tokio::sync::oneshot;

use crate::{error::Error, pool::Lease};

/// At most `max` transactions with the same key have a connection at once. The others wait, and let transactions
/// with other keys pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// What the transactions have in common, such as a user.
    pub key: Arc<str>,
    /// At least 1.
    pub max: usize,
}

pub(crate) type Leased = Result<Lease, Error>;

#[derive(Debug)]
struct Waiting {
    shares: Arc<[Share]>,
    sender: oneshot::Sender<Leased>,
}

/// A transaction that waits no longer, because there is a connection for it.
pub(crate) struct Admitted {
    pub shares: Arc<[Share]>,
    pub sender: oneshot::Sender<Leased>,
}

/// Transactions that wait for a connection. The key with the fewest connections comes first, then the transaction
/// that has waited longest.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: Vec<Waiting>,
    in_use: InUse,
}

impl Queue {
    pub fn push(&mut self, shares: &Arc<[Share]>) -> oneshot::Receiver<Leased> {
        let (sender, receiver) = oneshot::channel();
        self.waiting.push(Waiting { shares: Arc::clone(shares), sender });
        receiver
    }

    /// Counts one more connection, unless a share is used up. Returns whether it was counted.
    pub fn admit(&mut self, shares: &[Share]) -> bool {
        let has_room = self.in_use.has_room(shares);
        if has_room {
            self.in_use.add(shares);
        }
        has_room
    }

    /// Counts one connection less.
    pub fn release(&mut self, shares: &[Share]) {
        self.in_use.remove(shares);
    }

    /// The transaction that gets the next connection, counted.
    pub fn pop(&mut self) -> Option<Admitted> {
        self.forget_dropped();
        let with_room = self.waiting.iter().enumerate();
        let with_room = with_room.filter(|(_, waiting)| self.in_use.has_room(&waiting.shares));
        // Of several equal ones `min_by_key` returns the first.
        let (next, _) =
            with_room.min_by_key(|(_, waiting)| self.in_use.of_first(&waiting.shares))?;
        let Waiting { shares, sender } = self.waiting.remove(next);
        self.in_use.add(&shares);
        Some(Admitted { shares, sender })
    }

    /// How many of those that wait would get a connection if there were enough.
    pub fn admissible(&mut self) -> usize {
        self.forget_dropped();
        if self.waiting.is_empty() {
            return 0;
        }
        let mut in_use = self.in_use.clone();
        self.waiting
            .iter()
            .filter(|waiting| {
                let has_room = in_use.has_room(&waiting.shares);
                if has_room {
                    in_use.add(&waiting.shares);
                }
                has_room
            })
            .count()
    }

    pub fn len(&self) -> usize {
        self.waiting.iter().filter(|waiting| !waiting.sender.is_closed()).count()
    }

    pub fn drain(&mut self) -> Vec<oneshot::Sender<Leased>> {
        self.waiting.drain(..).map(|waiting| waiting.sender).collect()
    }

    fn forget_dropped(&mut self) {
        self.waiting.retain(|waiting| !waiting.sender.is_closed());
    }
}

/// Connections in use by key. Keys without any take no memory.
#[derive(Debug, Default, Clone)]
struct InUse(HashMap<Arc<str>, usize>);

impl InUse {
    fn of(&self, share: &Share) -> usize {
        self.0.get(&share.key).copied().unwrap_or_default()
    }

    fn of_first(&self, shares: &[Share]) -> usize {
        shares.first().map_or(0, |share| self.of(share))
    }

    fn has_room(&self, shares: &[Share]) -> bool {
        shares.iter().all(|share| self.of(share) < share.max.max(1))
    }

    fn add(&mut self, shares: &[Share]) {
        for share in shares {
            *self.0.entry(Arc::clone(&share.key)).or_default() += 1;
        }
    }

    fn remove(&mut self, shares: &[Share]) {
        for share in shares {
            if let Some(count) = self.0.get_mut(&share.key) {
                *count -= 1;
                if *count == 0 {
                    self.0.remove(&share.key);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(user: &str) -> Arc<[Share]> {
        Arc::new([Share { key: user.into(), max: 2 }])
    }

    /// The users whose transactions are admitted, in order. Their connections stay in use.
    fn admitted(queue: &mut Queue) -> Vec<String> {
        std::iter::from_fn(|| queue.pop()).map(|next| next.shares[0].key.to_string()).collect()
    }

    #[test]
    fn key_with_fewest_connections_comes_first() {
        let mut queue = Queue::default();
        let users = ["ada", "ada", "ada", "bob", "bob", "eve"];
        let receivers: Vec<_> = users.iter().map(|user| queue.push(&of(user))).collect();
        assert_eq!(queue.admissible(), 5);
        assert_eq!(admitted(&mut queue), ["ada", "bob", "eve", "ada", "bob"]);
        assert_eq!(queue.len(), 1, "the third of one user waits for the first two");
        queue.release(&of("ada"));
        assert_eq!(admitted(&mut queue), ["ada"]);
        for user in users {
            queue.release(&of(user));
        }
        assert!(queue.in_use.0.is_empty(), "unused keys take no memory");
        drop(receivers);
    }

    #[test]
    fn every_share_of_a_transaction_needs_room() {
        let search = Share { key: "search of ada".into(), max: 1 };
        let searching: Arc<[Share]> = Arc::new([of("ada")[0].clone(), search]);
        let mut queue = Queue::default();
        assert!(queue.admit(&searching));
        assert!(!queue.admit(&searching), "one search at once");
        assert!(queue.admit(&of("ada")), "there is room for another statement");
        queue.release(&searching);
        assert!(queue.admit(&searching));
    }

    #[test]
    fn dropped_transaction_is_skipped() {
        let mut queue = Queue::default();
        drop(queue.push(&of("ada")));
        assert_eq!((queue.len(), queue.admissible()), (0, 0));
        assert!(queue.pop().is_none());
    }
}
