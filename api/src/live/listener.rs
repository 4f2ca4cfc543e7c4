//! The one connection that listens, for as long as the process runs.

use std::{convert::Infallible, sync::Arc, time::Duration};

use pg_scope::Options;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use uuid::Uuid;

use super::{change::Notification, hub::Hub};

const CHANNEL: &str = "todo_changed";
/// How long the server may take for anything that it is asked.
const PATIENCE: Duration = Duration::from_secs(5);
/// After such a silence the server is asked whether it is there: a connection whose other end is gone
/// is silent, too.
const SILENCE: Duration = Duration::from_secs(15);
/// The pause before the next try, doubled each time up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// An address that the driver does not understand.
#[derive(Debug, thiserror::Error)]
#[error("DATABASE_URL_DIRECT cannot be used: {0}")]
pub struct Unusable(pg_scope::Error);

/// Whether changes are received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListenerState {
    Connecting,
    Listening,
    /// The connection works, but a notification of its own was not delivered to it.
    NotDelivered,
}

/// What to do about [`ListenerState::NotDelivered`].
pub const NOT_DELIVERED: &str = "LISTEN receives no notifications, as behind a pooler in transaction mode: set \
                                 DATABASE_URL_DIRECT to the database without the pooler";

#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error(transparent)]
    Failed(#[from] pg_scope::Error),
    #[error("{NOT_DELIVERED}")]
    NotDelivered,
    #[error("the server did not answer within {PATIENCE:?}")]
    Silent,
}

pub struct Listener {
    options: Options,
    hub: Arc<Hub>,
    state: watch::Sender<ListenerState>,
}

impl Listener {
    pub fn new(
        url: &SecretString,
        hub: Arc<Hub>,
        state: watch::Sender<ListenerState>,
    ) -> Result<Self, Unusable> {
        let options = Options::from_url(url.expose_secret()).map_err(Unusable)?;
        Ok(Self { options: options.application_name("todos live"), hub, state })
    }

    /// Listens, and after each loss of the connection tries again.
    pub async fn run(self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let Err(error) = self.listen().await;
            let state = match error {
                Lost::NotDelivered => ListenerState::NotDelivered,
                Lost::Failed(_) | Lost::Silent => ListenerState::Connecting,
            };
            // A connection that has worked starts from the shortest pause again.
            if self.state.send_replace(state) == ListenerState::Listening {
                pause = FIRST_PAUSE;
            }
            tracing::warn!(%error, "changes of todos are not heard of now: trying again in {pause:?}");
            sleep(pause).await;
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    }

    async fn listen(&self) -> Result<Infallible, Lost> {
        let mut listener = self.connect().await?;
        // After LISTEN: what is committed from now on is heard, what was before is read.
        self.hub.refetch_all();
        self.state.send_replace(ListenerState::Listening);
        tracing::info!("listening for changes of todos");
        loop {
            match timeout(SILENCE, listener.receive()).await {
                Ok(Ok(notification)) if &*notification.channel == CHANNEL => {
                    self.tell(&notification.payload);
                }
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return Err(error.into()),
                Err(_) => {
                    let answer = timeout(PATIENCE, listener.ping()).await;
                    answer.map_err(|_| Lost::Silent)??;
                }
            }
        }
    }

    /// Opening the connection has limits of its own: each host gets its time.
    async fn connect(&self) -> Result<pg_scope::Listener, Lost> {
        let mut listener = pg_scope::Listener::connect(&self.options).await?;
        listener.listen(CHANNEL).await?;
        self.verify_delivery(&mut listener).await?;
        Ok(listener)
    }

    /// Whether a notification of another connection is received. A pooler in transaction mode accepts LISTEN, and
    /// gives the server's connection to other clients.
    async fn verify_delivery(&self, listener: &mut pg_scope::Listener) -> Result<(), Lost> {
        let channel = format!("todos_probe_{}", Uuid::new_v4().simple());
        listener.listen(&channel).await?;
        let mut sender = pg_scope::Listener::connect(&self.options).await?;
        sender.notify(&channel, "").await?;
        let delivered = async {
            while *listener.receive().await?.channel != *channel {}
            Ok::<_, pg_scope::Error>(())
        };
        timeout(PATIENCE, delivered).await.map_err(|_| Lost::NotDelivered)??;
        Ok(())
    }

    fn tell(&self, payload: &str) {
        if let Some(notification) = Notification::parse(payload) {
            self.hub.publish(&notification);
        } else {
            // Anybody who is signed in to the database can notify.
            tracing::debug!("a notification that is none of ours");
        }
    }
}
