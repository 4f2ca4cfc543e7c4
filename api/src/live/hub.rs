//! Who is to be told of whose changes.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{
    change::{Notification, UserDigest},
    queue::{Batch, Queue},
};

/// The subscribers, by their user.
#[derive(Debug, Default)]
pub struct Hub(Mutex<HashMap<UserDigest, Vec<Arc<Queue>>>>);

impl Hub {
    /// Begins with [`Batch::Refetch`]: what the subscriber has read before may be old.
    pub fn subscribe(self: &Arc<Self>, user_id: &str) -> Subscription {
        let user = UserDigest::of(user_id);
        let queue = Arc::new(Queue::default());
        queue.refetch();
        self.subscribers().entry(user).or_default().push(Arc::clone(&queue));
        Subscription { hub: Arc::clone(self), user, queue }
    }

    pub fn publish(&self, notification: &Notification) {
        let subscribers = self.subscribers();
        for queue in subscribers.get(&notification.user).into_iter().flatten() {
            match &notification.changes {
                Some(changes) => queue.push(changes),
                None => queue.refetch(),
            }
        }
    }

    /// Tells everybody that something may have been missed.
    pub fn refetch_all(&self) {
        self.subscribers().values().flatten().for_each(|queue| queue.refetch());
    }

    fn subscribers(&self) -> MutexGuard<'_, HashMap<UserDigest, Vec<Arc<Queue>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The changes of one user's todos, for one subscriber. Ends when it is dropped.
#[derive(Debug)]
pub struct Subscription {
    hub: Arc<Hub>,
    user: UserDigest,
    queue: Arc<Queue>,
}

impl Subscription {
    /// What is new, once there is something.
    pub async fn next(&mut self) -> Batch {
        self.queue.take().await
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut subscribers = self.hub.subscribers();
        if let Entry::Occupied(mut of_user) = subscribers.entry(self.user) {
            of_user.get_mut().retain(|queue| !Arc::ptr_eq(queue, &self.queue));
            if of_user.get().is_empty() {
                of_user.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::live::{Change, Kind};

    fn next(subscription: &mut Subscription) -> Option<Batch> {
        subscription.next().now_or_never()
    }

    #[test]
    fn every_subscriber_of_the_user_is_told_and_nobody_else() {
        let hub = Arc::new(Hub::default());
        let mut subscriptions = ["ada", "ada", "eve"].map(|user| hub.subscribe(user));
        for subscription in &mut subscriptions {
            assert_eq!(next(subscription), Some(Batch::Refetch), "the beginning");
        }
        let changes = vec![Change { id: 7, revision: 1, kind: Kind::Added }];
        let user = UserDigest::of("ada");
        hub.publish(&Notification { user, changes: Some(changes.clone()) });
        let [first, second, eve] = &mut subscriptions;
        assert_eq!(next(first), Some(Batch::Changes(changes.clone())));
        assert_eq!(next(second), Some(Batch::Changes(changes)));
        assert_eq!(next(eve), None);

        hub.publish(&Notification { user, changes: None });
        assert_eq!((next(first), next(eve)), (Some(Batch::Refetch), None));
        hub.refetch_all();
        assert_eq!((next(first), next(eve)), (Some(Batch::Refetch), Some(Batch::Refetch)));
    }

    #[test]
    fn nothing_stays_of_who_has_left() {
        let hub = Arc::new(Hub::default());
        let subscriptions = ["ada", "ada", "eve"].map(|user| hub.subscribe(user));
        assert_eq!(hub.subscribers().len(), 2);
        drop(subscriptions);
        assert!(hub.subscribers().is_empty());
    }
}
