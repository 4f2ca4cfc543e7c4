//! The one connection that listens, for as long as the process runs.

use std::{convert::Infallible, sync::Arc, time::Duration};

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{
    ConnectOptions as _, Executor as _,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use super::{change::Notification, hub::Hub};
use crate::rls::sqlx_options;

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
pub struct Unusable(sqlx::Error);

#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error(transparent)]
    Failed(#[from] sqlx::Error),
    #[error("the server closed the connection")]
    Closed,
    #[error("the server did not answer within {PATIENCE:?}")]
    Silent,
}

pub struct Listener {
    connect: PgConnectOptions,
    hub: Arc<Hub>,
    listening: watch::Sender<bool>,
}

impl Listener {
    pub fn new(
        url: &SecretString,
        hub: Arc<Hub>,
        listening: watch::Sender<bool>,
    ) -> Result<Self, Unusable> {
        let connect = sqlx_options(url.expose_secret()).map_err(Unusable)?;
        let connect = connect.disable_statement_logging().application_name("todos live");
        Ok(Self { connect, hub, listening })
    }

    /// Listens, and after each loss of the connection tries again.
    pub async fn run(self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let Err(error) = self.listen().await;
            // Whoever was heard starts from the shortest pause again.
            if self.listening.send_replace(false) {
                pause = FIRST_PAUSE;
            }
            tracing::warn!(%error, "changes of todos are not heard of now: trying again in {pause:?}");
            sleep(pause).await;
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    }

    async fn listen(&self) -> Result<Infallible, Lost> {
        let mut listener = timeout(PATIENCE, self.connect()).await.map_err(|_| Lost::Silent)??;
        // After LISTEN: what is committed from now on is heard, what was before is read.
        self.hub.refetch_all();
        self.listening.send_replace(true);
        tracing::info!("listening for changes of todos");
        loop {
            match timeout(SILENCE, listener.try_recv()).await {
                Ok(Ok(Some(notification))) => self.tell(notification.payload()),
                Ok(Ok(None)) => return Err(Lost::Closed),
                Ok(Err(error)) => return Err(error.into()),
                Err(_) => {
                    let answer = timeout(PATIENCE, listener.execute("SELECT 1")).await;
                    answer.map_err(|_| Lost::Silent)??;
                }
            }
        }
    }

    async fn connect(&self) -> Result<PgListener, sqlx::Error> {
        let pool =
            PgPoolOptions::new().max_connections(1).connect_with(self.connect.clone()).await?;
        let mut listener = PgListener::connect_with(&pool).await?;
        // A gap has to be told, so a new connection is made here, not behind our back.
        listener.eager_reconnect(false);
        listener.listen(CHANNEL).await?;
        Ok(listener)
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
