//! Changes of todos, as the database tells of them: one connection a process listens, and each
//! subscriber is told of what concerns their user. Nothing here holds a row: what a todo is by now,
//! whoever is told reads as its user.

mod change;
mod hub;
mod listener;
mod queue;

use std::sync::Arc;

use secrecy::SecretString;
use tokio::{
    sync::{Semaphore, SemaphorePermit, watch},
    task::JoinHandle,
};

pub use self::{
    change::{Change, Kind},
    hub::Subscription,
    listener::{ListenerState, NOT_DELIVERED},
    queue::Batch,
};
use self::{
    hub::Hub,
    listener::{Listener, Unusable},
};

/// The handle of the listener; cheap to clone.
#[derive(Debug, Clone)]
pub struct Live {
    hub: Arc<Hub>,
    task: Arc<Task>,
    state: watch::Receiver<ListenerState>,
    reads: Arc<Semaphore>,
}

/// Ends with the last handle.
#[derive(Debug)]
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Live {
    /// Starts to listen on the database of `url`, which may be down and come later. The connection
    /// must be a direct one: a pooler in transaction mode forgets who listens.
    ///
    /// So many may read at once what has changed: whoever asks for a page shares their connections.
    pub fn open(url: &SecretString, reads: usize) -> Result<Self, Unusable> {
        let hub = Arc::new(Hub::default());
        let (sender, state) = watch::channel(ListenerState::Connecting);
        let listener = Listener::new(url, Arc::clone(&hub), sender)?;
        let task = Arc::new(Task(tokio::spawn(listener.run())));
        let reads = Arc::new(Semaphore::new(reads));
        Ok(Self { hub, task, state, reads })
    }

    /// The changes of a user's todos from now on.
    pub fn subscribe(&self, user_id: &str) -> Subscription {
        Hub::subscribe(&self.hub, user_id)
    }

    /// Waits for one's turn to read what has changed; it is over when this is dropped. More changes
    /// gather meanwhile, and are read together.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.reads.acquire().await.ok()
    }

    /// Resolves as soon as the database is listened to.
    pub async fn listening(&self) {
        let mut state = self.state.clone();
        let _ = state.wait_for(|state| *state == ListenerState::Listening).await;
    }

    /// Whether the database is listened to now.
    pub fn is_listening(&self) -> bool {
        self.state() == ListenerState::Listening
    }

    /// Whether changes are received now, and if not, why.
    pub fn state(&self) -> ListenerState {
        *self.state.borrow()
    }

    /// Stops to listen.
    pub fn close(&self) {
        self.task.0.abort();
    }
}
