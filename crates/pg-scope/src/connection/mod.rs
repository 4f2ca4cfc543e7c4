//! One connection: a task owns its socket, runs one batch after the other, and returns it to the pool.
//!
//! A batch is one implicit transaction that ends at its Sync. Callers have the end of a channel, never the socket. So
//! a response always belongs to the batch that is being run, whatever becomes of its caller.

mod cancel;
mod exchange;
mod prepared;
mod script;
mod types;

use std::{
    collections::{VecDeque, hash_map::RandomState},
    hash::{BuildHasher as _, Hasher as _},
    sync::Arc,
    time::Duration,
};

use futures_util::FutureExt as _;
use hashlink::LruCache;
use postgres_protocol::message::backend::Message;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until, timeout},
};
use tokio_postgres::{config::TargetSessionAttrs, error::SqlState};

pub(crate) use self::types::TypeCache;
use self::{
    exchange::{Request, log_notice},
    prepared::{PREPARED_STATEMENTS, Prepared},
};
use crate::{
    batch::{Batch, Failure, Position, Statement, TransactionStatus},
    connect::{self, Canceller, Established},
    error::{ConnectError, DbError, Error},
    framed::Framed,
    listener::Notification,
    options::Options,
    pool::{Leasehold, Shared, Slot},
};

/// How long ROLLBACK may take before the connection is closed.
const ROLLBACK_TIMEOUT: Duration = Duration::from_secs(5);
/// An idle connection is pinged this often.
const PING_INTERVAL: Duration = Duration::from_secs(30);
/// How long a ping of an idle connection may take.
const PING_TIMEOUT: Duration = Duration::from_secs(2);
/// How long the server may take to close the connection after Terminate. Its slot is occupied until then.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// `ReadyForQuery`'s status outside of a transaction.
const IDLE: u8 = b'I';

/// What a lease sends to its connection.
#[derive(Debug)]
pub(crate) enum Command {
    Run(Batch),
    /// The lease has ended: whatever it left is rolled back, and the connection returns to the pool.
    Release(Leasehold),
}

#[derive(Debug)]
pub(crate) struct Connection {
    pub framed: Framed,
    canceller: Canceller,
    /// The last status of `ReadyForQuery`.
    status: u8,
    /// None behind a pooler: the next transaction may meet a server that knows no name.
    statements: Option<LruCache<String, Prepared>>,
    /// Random: behind a pooler another connection must not mistake our names for its own.
    name_prefix: u64,
    next_name: u64,
    /// Shared with the other connections of the pool.
    types: Arc<TypeCache>,
    response_timeout: Duration,
    /// Named in an error.
    prepared_statements_setting: &'static str,
    /// Names of prepared statements that the next batch closes.
    closes: Vec<Arc<str>>,
    /// Kept by a [`Listener`](crate::Listener), otherwise discarded.
    pub notifications: Option<VecDeque<Notification>>,
    /// A statement of a caller that owns the connection has been sent, and its response was not read to its end.
    is_exchanging: bool,
    /// No statement may be sent any more.
    is_broken: bool,
    /// The server or the network has ended the connection.
    has_ended: bool,
}

impl Connection {
    /// Opens a connection to the first host that responds and that is what the URL's `target_session_attrs`
    /// requires. Each host gets an equal share of the time, or the URL's `connect_timeout`.
    pub async fn open(options: &Options, types: &Arc<TypeCache>) -> Result<Self, ConnectError> {
        let config = &options.target.config;
        let share = connect::share(options.connect_timeout, config.get_hosts().len());
        let share = config.get_connect_timeout().copied().unwrap_or(share);
        let mut failure = ConnectError::Other("the URL names no host".to_owned());
        for candidate in connect::candidates(config) {
            let opening = async {
                let established = connect::open(&options.target, &candidate, share).await?;
                let connection = Self::new(established, options, Arc::clone(types));
                connection.accept(config.get_target_session_attrs()).await
            };
            match timeout(share, opening).await {
                Ok(Ok(connection)) => return Ok(connection),
                Ok(Err(error)) => failure = error,
                Err(elapsed) => failure = ConnectError::Io(elapsed.into()),
            }
        }
        Err(failure)
    }

    fn new(
        Established { stream, cancel }: Established,
        options: &Options,
        types: Arc<TypeCache>,
    ) -> Self {
        Self {
            framed: Framed::new(stream),
            canceller: cancel,
            status: IDLE,
            statements: options.prepares_statements.then(|| LruCache::new(PREPARED_STATEMENTS)),
            name_prefix: RandomState::new().build_hasher().finish(),
            next_name: 1,
            types,
            response_timeout: options.response_timeout,
            prepared_statements_setting: options.prepared_statements_setting,
            closes: Vec::new(),
            notifications: None,
            is_exchanging: false,
            is_broken: false,
            has_ended: false,
        }
    }

    async fn accept(mut self, wanted: TargetSessionAttrs) -> Result<Self, ConnectError> {
        let wants_writable = match wanted {
            TargetSessionAttrs::ReadWrite => true,
            TargetSessionAttrs::ReadOnly => false,
            _ => return Ok(self),
        };
        if self.is_writable().await? == wants_writable {
            return Ok(self);
        }
        let text = "no host is what target_session_attrs requires";
        Err(ConnectError::Other(text.to_owned()))
    }

    async fn is_writable(&mut self) -> Result<bool, ConnectError> {
        let sql = "SELECT NOT current_setting('transaction_read_only')::boolean";
        let result = self.exchange(&Request::one(&Statement::plain(sql)), pending()).await;
        let is_writable = result.and_then(|result| match result.rows.first() {
            Some(row) => row.get(0),
            None => Ok(false),
        });
        is_writable.map_err(|error| ConnectError::Other(error.to_string()))
    }

    /// Serves the leases of the pool until the connection ends or is idle for too long.
    pub async fn serve(
        mut self,
        mut commands: mpsc::UnboundedReceiver<Command>,
        shared: Arc<Shared>,
        slot: Slot,
    ) {
        // Also when this task panics, the connection ends before its slot is free.
        let slot = slot;
        let opened_at = Instant::now();
        let mut idle_since = opened_at;
        let mut next_ping = opened_at + PING_INTERVAL;
        while !self.is_broken {
            let command = tokio::select! {
                biased;
                command = commands.recv() => command,
                ended = self.ended() => { let () = ended; break }
                () = sleep_until(next_ping) => {
                    let now = Instant::now();
                    if now - idle_since >= shared.idle_timeout() && shared.remove_idle(slot.id()) {
                        break;
                    }
                    if self.status == IDLE {
                        self.ping().await;
                    }
                    next_ping = now + PING_INTERVAL;
                    continue;
                }
            };
            match command {
                // The pool is closed, or nobody has the connection any more.
                None => break,
                Some(Command::Run(batch)) => self.run(batch).await,
                Some(Command::Release(leasehold)) => {
                    self.roll_back().await;
                    if self.is_broken || opened_at.elapsed() > shared.max_age() {
                        break;
                    }
                    shared.release(leasehold);
                }
            }
            idle_since = Instant::now();
            next_ping = idle_since + PING_INTERVAL;
        }
        commands.close();
        while let Some(command) = commands.recv().await {
            if let Command::Run(batch) = command {
                let _ = batch.reply.send(Err(Failure::NotSent));
            }
        }
        if !self.has_ended {
            self.framed.terminate();
            let _ = timeout(CLOSE_TIMEOUT, self.framed.closed()).await;
        }
        drop(self.framed);
        drop(slot);
    }

    /// Resolves when a server that was asked nothing ends the connection. It may send notices and parameters
    /// before.
    async fn ended(&mut self) {
        loop {
            match self.framed.next().await {
                Ok(Message::ErrorResponse(error)) => {
                    if let Ok(error) = DbError::read(error.fields()) {
                        tracing::info!(%error, "the server ended an idle database connection");
                    }
                    break;
                }
                Ok(message) if self.receive_unrequested(&message).is_ok() => {}
                Ok(_) => break,
                Err(_) => {
                    self.has_ended = true;
                    break;
                }
            }
        }
        self.is_broken = true;
    }

    /// A message that a server sends also when nothing was asked of it.
    pub fn receive_unrequested(&mut self, message: &Message) -> Result<(), Error> {
        match message {
            Message::NoticeResponse(notice) => log_notice(notice.fields()),
            Message::ParameterStatus(_) => {}
            Message::NotificationResponse(body) => {
                if let Some(notifications) = &mut self.notifications {
                    notifications.push_back(Notification::read(body)?);
                }
            }
            _ => return Err(Error::Protocol("the server sent an unrequested message".to_owned())),
        }
        Ok(())
    }

    async fn ping(&mut self) {
        let statement = Statement::plain("");
        let request = Request::one(&statement);
        let pinged = timeout(PING_TIMEOUT, self.exchange(&request, pending())).await;
        self.is_broken |= !matches!(pinged, Ok(Ok(_)));
    }

    /// Ends a transaction that its lease left open.
    async fn roll_back(&mut self) {
        if self.status == IDLE || self.is_broken {
            return;
        }
        let statement = Statement::plain("ROLLBACK");
        let request = Request::one(&statement);
        let ended = timeout(ROLLBACK_TIMEOUT, self.exchange(&request, pending())).await;
        self.is_broken |= !matches!(ended, Ok(Ok(_))) || self.status != IDLE;
    }

    async fn run(&mut self, batch: Batch) {
        let Batch { statements, result_index, position, is_read_only, limits, mut reply } = batch;
        if reply.is_closed() {
            return;
        }
        let is_open = self.status != IDLE;
        let is_later = matches!(position, Position::Later | Position::Last);
        if self.ended().now_or_never().is_some() {
            // Nothing was sent. A transaction that was open is lost, though.
            let failure =
                if is_later { Failure::ended(Error::TransactionEnded) } else { Failure::NotSent };
            let _ = reply.send(Err(failure));
            return;
        }
        if is_open != is_later {
            let _ = reply.send(Err(Failure::ended(Error::TransactionEnded)));
            return;
        }
        let may_commit = !is_read_only && !matches!(position, Position::First | Position::Later);
        let request = Request { statements: &statements, result_index, limits, may_commit };
        let started_at = Instant::now();
        let mut result = self.exchange(&request, reply.closed()).await;
        if position == Position::Whole
            && !self.is_broken
            && self.status == IDLE
            && !reply.is_closed()
            && let Err(Error::Db(error)) = &result
            && (error.is_stale_statement() || error.is_conflict())
        {
            if error.is_lost_statement() {
                // It is prepared again, which costs a round trip.
                tracing::warn!(error = %self.prepared_statement_lost(error), "a statement is sent again");
            }
            result = self.exchange(&request, reply.closed()).await;
        }
        record(started_at.elapsed(), is_read_only, result.is_ok());
        let leaves_open = matches!(position, Position::First | Position::Later);
        if result.is_ok() && leaves_open == (self.status == IDLE) {
            // Nothing may run here without its scope.
            self.is_broken = true;
            result = Err(Error::TransactionControl);
        }
        match &mut result {
            Ok(result) => self.resolve_types(&statements[result_index].sql, result).await,
            Err(Error::Db(error)) if *error.code() == SqlState::READ_ONLY_SQL_TRANSACTION => {
                let error = Arc::clone(error);
                result = Err(self.classify_read_only_error(error, is_read_only).await);
            }
            Err(Error::Db(error)) if error.is_lost_statement() && self.statements.is_some() => {
                result = Err(self.prepared_statement_lost(error));
            }
            Err(_) => {}
        }
        let status = if self.is_broken { TransactionStatus::Idle } else { self.status.into() };
        let _ = reply.send(result.map_err(|error| Failure::Error { error, status }));
    }

    fn prepared_statement_lost(&self, error: &Arc<DbError>) -> Error {
        let (setting, error) = (self.prepared_statements_setting, Arc::clone(error));
        Error::PreparedStatementLost { setting, error }
    }

    /// A write in a read-only scope is a fault of the caller. In any other scope the server is a standby by now, unless a
    /// setting makes it read-only: the connection ends, and a new one finds its successor.
    async fn classify_read_only_error(&mut self, error: Arc<DbError>, is_read_only: bool) -> Error {
        if is_read_only {
            return Error::ReadOnlyScope(error);
        }
        // The transaction has failed, and no statement of it could write.
        self.roll_back().await;
        if !self.is_broken && self.is_read_only_by_setting().await.unwrap_or(false) {
            return Error::ReadOnlySetting(error);
        }
        self.is_broken = true;
        Error::Db(error)
    }

    async fn is_read_only_by_setting(&mut self) -> Result<bool, Error> {
        let sql = "SELECT NOT pg_catalog.pg_is_in_recovery()
            AND pg_catalog.current_setting('default_transaction_read_only')::boolean";
        let statement = Statement::plain(sql);
        let request = Request::one(&statement);
        let result = timeout(PING_TIMEOUT, self.exchange(&request, pending())).await;
        let result = result.map_err(std::io::Error::from)??;
        result.rows.first().map_or(Ok(false), |row| row.get(0))
    }
}

/// Few series: nothing of a statement is a label.
#[cfg_attr(not(feature = "metrics"), expect(unused_variables, reason = "nothing is recorded"))]
fn record(took: Duration, is_read_only: bool, is_ok: bool) {
    #[cfg(feature = "metrics")]
    metrics::histogram!(
        crate::STATEMENT_DURATION,
        "access" => if is_read_only { "read" } else { "write" },
        "outcome" => if is_ok { "ok" } else { "error" },
    )
    .record(took);
}

fn pending() -> impl Future<Output = ()> {
    std::future::pending()
}
