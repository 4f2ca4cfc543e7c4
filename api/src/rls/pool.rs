//! The connections of the service's own login: a bounded number, opened when they are needed.

use std::time::{Duration, Instant};

use deadpool::{
    Runtime,
    managed::{self, Manager, Metrics, Object, QueueMode, RecycleError, RecycleResult, WeakPool},
};
use sea_orm::DbErr;
use tokio::time::{interval, timeout};

use super::{connection, error::connection_error, tls::Target};

/// How long the server may take to let a connection in.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A connection that has rested this long is tested before it is used.
const TEST_AFTER_IDLE: Duration = Duration::from_secs(30);
/// How long a test may take.
const TEST_TIMEOUT: Duration = Duration::from_secs(2);
/// A connection that nobody has used for so long is closed: a server may then go to sleep.
const CLOSE_AFTER_IDLE: Duration = Duration::from_mins(5);
/// A connection that is so old is replaced: what the server keeps for it grows with its age.
const MAX_AGE: Duration = Duration::from_mins(30);

/// A connection that is in use. Returns to the pool when it is dropped.
pub(super) type Connection = Object<Connections>;

/// Closes a connection that must not come back.
pub(super) fn discard(connection: Connection) {
    drop(Object::take(connection));
}

/// Makes connections, and knows which of them can still be used.
#[derive(Debug)]
pub(super) struct Connections {
    target: Target,
    /// How long connecting may take: no longer than anybody waits for it.
    within: Duration,
    prepares: bool,
}

impl Manager for Connections {
    type Type = connection::Connection;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<Self::Type, sqlx::Error> {
        // Boxed: this large future would be a part of every request's.
        let opening =
            Box::pin(connection::Connection::open(&self.target, self.within, self.prepares));
        match timeout(CONNECT_TIMEOUT, opening).await {
            Ok(opened) => opened,
            Err(_) => Err(sqlx::Error::PoolTimedOut),
        }
    }

    async fn recycle(
        &self,
        connection: &mut Self::Type,
        metrics: &Metrics,
    ) -> RecycleResult<sqlx::Error> {
        // Another caller would read the rest of a response, or be inside the transaction, of the one before.
        if !connection.is_idle() {
            return Err(RecycleError::message("in use by a statement or transaction"));
        }
        if connection.is_closed() || metrics.age() > MAX_AGE {
            return Err(RecycleError::message("closed or old"));
        }
        if metrics.last_used() < TEST_AFTER_IDLE {
            return Ok(());
        }
        match timeout(TEST_TIMEOUT, connection.ping()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(RecycleError::message("silent")),
        }
    }
}

/// How many connections there are, and who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolStatus {
    pub max: usize,
    pub used: usize,
    pub idle: usize,
    /// Requests.
    pub waiting: usize,
}

/// Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Pool {
    connections: managed::Pool<Connections>,
    acquire_timeout: Duration,
}

impl Pool {
    pub fn new(target: Target, prepares: bool, max: usize, acquire_timeout: Duration) -> Self {
        let within = CONNECT_TIMEOUT.min(acquire_timeout) * 9 / 10;
        let connections = managed::Pool::builder(Connections { target, within, prepares })
            .max_size(max)
            // The one used last: its caches are warm, and the others may rest and be closed.
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .build()
            .unwrap_or_else(|_| unreachable!("a runtime is named"));
        tokio::spawn(close_idle(connections.weak()));
        Self { connections, acquire_timeout }
    }

    /// Waits for a connection, or for the right to open one.
    pub async fn acquire(&self) -> Result<Connection, DbErr> {
        let started = Instant::now();
        let acquired = timeout(self.acquire_timeout, self.connections.get()).await;
        metrics::histogram!("database_pool_wait_seconds").record(started.elapsed());
        let error = match acquired {
            Ok(Ok(connection)) => return Ok(connection),
            Ok(Err(managed::PoolError::Backend(error))) => error,
            Ok(Err(managed::PoolError::Closed)) => sqlx::Error::PoolClosed,
            Ok(Err(_)) | Err(_) => sqlx::Error::PoolTimedOut,
        };
        Err(connection_error(error))
    }

    /// What there is of connections now.
    pub fn status(&self) -> PoolStatus {
        let managed::Status { max_size, size, available, waiting, .. } = self.connections.status();
        PoolStatus { max: max_size, used: size.saturating_sub(available), idle: available, waiting }
    }

    /// Closes all connections, those in use as soon as they return.
    pub fn close(&self) {
        self.connections.close();
    }
}

/// Runs for as long as the pool lives.
async fn close_idle(pool: WeakPool<Connections>) {
    let mut ticks = interval(CLOSE_AFTER_IDLE / 5);
    loop {
        ticks.tick().await;
        let Some(pool) = pool.upgrade().filter(|pool| !pool.is_closed()) else { return };
        pool.retain(|_, metrics| metrics.last_used() < CLOSE_AFTER_IDLE);
    }
}
