//! How many GraphQL operations are in flight, and what part of them and of the connections one user may have.
//!
//! Requests to the Core have a queue of their own (`supertokens/core/transport.rs`).

use std::sync::{Arc, OnceLock};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::per_key_limit::{KeyPermit, PerKeyLimit};

/// What this process may do at once. Everything follows from the number of database connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Connections to the database.
    pub connections: usize,
    /// Those that transactions of one user have at once. The user's other transactions wait.
    pub connections_per_user: usize,
    /// Those on which one user searches text at once.
    pub searches_per_user: usize,
    /// Operations in flight. Later ones are rejected at once.
    pub requests: usize,
    /// Those of one user: as many as the tabs of one user need, however few there are.
    pub requests_per_user: usize,
    /// Those that wait for the Core.
    pub requests_at_core: usize,
}

impl Budget {
    /// `requests` is eight for each connection if it is not given, and 64 at least.
    pub fn new(connections: usize, searches_per_user: usize, requests: Option<usize>) -> Self {
        let connections_per_user = (connections / 2).max(1);
        let requests = requests.unwrap_or_else(|| connections.saturating_mul(8).max(64));
        Self {
            connections,
            connections_per_user,
            searches_per_user: searches_per_user.clamp(1, connections_per_user),
            requests,
            requests_per_user: (requests / 4).max(16),
            requests_at_core: (requests / 4).max(1),
        }
    }
}

/// The operations in flight of this process. Cheap to clone.
#[derive(Clone)]
pub struct ConcurrencyLimit(Arc<Inner>);

struct Inner {
    requests: Arc<Semaphore>,
    at_core: Arc<Semaphore>,
    users: PerKeyLimit<String>,
    per_user: usize,
}

impl ConcurrencyLimit {
    pub fn new(budget: &Budget) -> Self {
        Self(Arc::new(Inner {
            requests: Arc::new(Semaphore::new(budget.requests)),
            at_core: Arc::new(Semaphore::new(budget.requests_at_core)),
            users: PerKeyLimit::default(),
            per_user: budget.requests_per_user,
        }))
    }

    /// A permit for one more operation, unless all are in use.
    pub fn acquire(&self) -> Option<Permit> {
        let request = Arc::clone(&self.0.requests).try_acquire_owned().ok()?;
        Some(Permit(Arc::new(Held {
            limit: self.clone(),
            _request: request,
            user: OnceLock::new(),
            at_core: OnceLock::new(),
        })))
    }
}

/// The permit of one operation, free again when the last clone is dropped.
#[derive(Clone)]
pub struct Permit(Arc<Held>);

struct Held {
    limit: ConcurrencyLimit,
    _request: OwnedSemaphorePermit,
    user: OnceLock<KeyPermit<String>>,
    at_core: OnceLock<OwnedSemaphorePermit>,
}

impl Permit {
    /// Counts the operation as one of the user. Returns false if the user has too many in flight.
    pub fn count_for_user(&self, user_id: &str) -> bool {
        let Inner { users, per_user, .. } = &*self.0.limit.0;
        let permit = users.acquire(user_id.to_owned(), *per_user);
        permit.is_some_and(|permit| self.0.user.set(permit).is_ok())
    }

    /// Counts the operation as one that waits for the Core, until it ends. Returns false if too many do.
    pub fn count_at_core(&self) -> bool {
        let Held { limit, at_core, .. } = &*self.0;
        if at_core.get().is_some() {
            return true;
        }
        let Ok(permit) = Arc::clone(&limit.0.at_core).try_acquire_owned() else { return false };
        // If another field of the operation was faster, this one is free again.
        let _ = at_core.set(permit);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(requests: usize) -> ConcurrencyLimit {
        ConcurrencyLimit::new(&Budget::new(8, 2, Some(requests)))
    }

    #[test]
    fn user_has_half_of_the_connections() {
        for (connections, of_user, searches) in [(1, 1, 1), (2, 1, 1), (16, 8, 2), (200, 100, 2)] {
            let budget = Budget::new(connections, 2, None);
            assert_eq!(
                (budget.connections_per_user, budget.searches_per_user),
                (of_user, searches)
            );
        }
        assert_eq!(
            (Budget::new(16, 2, None).requests, Budget::new(1, 2, None).requests),
            (128, 64)
        );
    }

    #[test]
    fn user_has_a_quarter_of_the_permits() {
        let limit = limit(100);
        let permits: Vec<_> = (0..26).map(|_| limit.acquire().unwrap()).collect();
        let admitted = permits.iter().filter(|permit| permit.count_for_user("ada")).count();
        assert_eq!(admitted, 25);
        assert!(limit.acquire().unwrap().count_for_user("eve"));
        drop(permits);
        assert!(limit.acquire().unwrap().count_for_user("ada"), "dropped permits are free again");
    }

    #[test]
    fn quarter_of_the_permits_may_wait_for_the_core() {
        let limit = limit(8);
        let permits: Vec<_> = (0..8).map(|_| limit.acquire().unwrap()).collect();
        assert!(limit.acquire().is_none());
        let waiting = permits.iter().filter(|permit| permit.count_at_core()).count();
        assert_eq!(waiting, 2);
        assert!(permits[0].count_at_core(), "it is counted already");
        drop(permits);
        assert!(limit.acquire().unwrap().count_at_core(), "dropped permits are free again");
    }
}
