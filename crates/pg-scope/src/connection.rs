//! One connection: a task owns its socket, runs one batch after the other, and returns it to the pool.
//!
//! A batch is one implicit transaction that ends at its Sync. Callers have the end of a channel, never the socket. So
//! a response always belongs to the batch that is being run, whatever becomes of its caller.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher as _, Hasher as _},
    io,
    pin::pin,
    sync::Arc,
    time::Duration,
};

use fallible_iterator::FallibleIterator as _;
use futures_util::{FutureExt as _, future::BoxFuture};
use hashlink::LruCache;
use postgres_protocol::message::{
    backend::{Message, RowDescriptionBody},
    frontend,
};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_postgres::{config::TargetSessionAttrs, error::SqlState, types::Type};

use crate::{
    batch::{Batch, Column, Failure, Position, QueryResult, ResultLimits, Row, Statement},
    connect::{self, Canceller, Established},
    error::{ConnectError, DbError, Error},
    framed::Framed,
    options::Options,
    pool::{Leasehold, Shared, Slot},
};

/// How many prepared statements a connection keeps, here and on the server.
const PREPARED_STATEMENTS: usize = 100;
/// How long the server may take to accept a cancel request.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(2);
/// A cancel request is repeated: the server ignores one that arrives between two messages.
const CANCEL_INTERVAL: Duration = Duration::from_millis(200);
/// How long the server may go on after the first cancel request before the connection is closed.
const CANCEL_GIVE_UP: Duration = Duration::from_secs(5);
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

/// A statement that the server knows by a name.
#[derive(Debug, Clone)]
struct Prepared {
    name: Arc<str>,
    types: Arc<[Type]>,
    columns: Arc<[Column]>,
}

/// A statement of the batch whose response is being read.
struct Step<'b> {
    statement: &'b Statement,
    /// Known before the rows arrive if the statement was prepared earlier.
    columns: Option<Arc<[Column]>>,
    /// The name that this batch prepares.
    new_name: Option<Arc<str>>,
    returns_rows: bool,
}

/// What a batch sends, and how much it may receive.
struct Request<'b> {
    statements: &'b [Statement],
    result_index: usize,
    limits: ResultLimits,
}

impl<'b> Request<'b> {
    fn one(statement: &'b Statement) -> Self {
        Self {
            statements: std::slice::from_ref(statement),
            result_index: 0,
            limits: ResultLimits::default(),
        }
    }
}

/// The part of a response that was read so far.
#[derive(Default)]
struct Response {
    result: QueryResult,
    bytes: usize,
    error: Option<Error>,
    is_too_large: bool,
}

pub(crate) struct Connection {
    framed: Framed,
    canceller: Canceller,
    /// The last status of `ReadyForQuery`.
    status: u8,
    /// None behind a pooler: the next transaction may meet a server that knows no name.
    statements: Option<LruCache<String, Prepared>>,
    /// Random: behind a pooler another connection must not mistake our names for its own.
    name_prefix: u64,
    next_name: u64,
    response_timeout: Duration,
    /// Names of prepared statements that the next batch closes.
    closes: Vec<Arc<str>>,
    /// No statement may be sent any more.
    is_broken: bool,
    /// The server or the network has ended the connection.
    has_ended: bool,
}

impl Connection {
    /// Opens a connection to the first host that responds and that is what the URL's `target_session_attrs`
    /// requires. Each host gets an equal share of the time, or the URL's `connect_timeout`.
    pub async fn open(options: &Options) -> Result<Self, ConnectError> {
        let config = &options.target.config;
        let share = connect::share(options.connect_timeout, config.get_hosts().len());
        let share = config.get_connect_timeout().copied().unwrap_or(share);
        let mut failure = ConnectError::Other("the URL names no host".to_owned());
        for candidate in connect::candidates(config) {
            let opening = async {
                let established = connect::open(&options.target, &candidate, share).await?;
                let wanted = config.get_target_session_attrs();
                let Options { prepares_statements, response_timeout, .. } = *options;
                Self::accept(established, prepares_statements, response_timeout, wanted).await
            };
            match timeout(share, opening).await {
                Ok(Ok(connection)) => return Ok(connection),
                Ok(Err(error)) => failure = error,
                Err(elapsed) => failure = ConnectError::Io(elapsed.into()),
            }
        }
        Err(failure)
    }

    async fn accept(
        Established { stream, cancel }: Established,
        prepares: bool,
        response_timeout: Duration,
        wanted: TargetSessionAttrs,
    ) -> Result<Self, ConnectError> {
        let mut connection = Self {
            framed: Framed::new(stream),
            canceller: cancel,
            status: IDLE,
            statements: prepares.then(|| LruCache::new(PREPARED_STATEMENTS)),
            name_prefix: RandomState::new().build_hasher().finish(),
            next_name: 1,
            response_timeout,
            closes: Vec::new(),
            is_broken: false,
            has_ended: false,
        };
        let wants_writable = match wanted {
            TargetSessionAttrs::ReadWrite => true,
            TargetSessionAttrs::ReadOnly => false,
            _ => return Ok(connection),
        };
        if connection.is_writable().await? == wants_writable {
            return Ok(connection);
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
                Ok(Message::NoticeResponse(notice)) => log_notice(notice.fields()),
                Ok(Message::ParameterStatus(_) | Message::NotificationResponse(_)) => {}
                Ok(Message::ErrorResponse(error)) => {
                    if let Ok(error) = DbError::read(error.fields()) {
                        tracing::info!(%error, "the server ended an idle database connection");
                    }
                    break;
                }
                Ok(_) => break,
                Err(_) => {
                    self.has_ended = true;
                    break;
                }
            }
        }
        self.is_broken = true;
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
        if self.ended().now_or_never().is_some() {
            // Nothing was sent. A transaction that was open is lost, though.
            let failure = match position {
                Position::Later => Failure::Error(Error::TransactionEnded),
                _ => Failure::NotSent,
            };
            let _ = reply.send(Err(failure));
            return;
        }
        if is_open != (position == Position::Later) {
            let _ = reply.send(Err(Failure::Error(Error::TransactionEnded)));
            return;
        }
        let request = Request { statements: &statements, result_index, limits };
        let mut result = self.exchange(&request, reply.closed()).await;
        if position == Position::Whole
            && !self.is_broken
            && self.status == IDLE
            && !reply.is_closed()
            && let Err(Error::Db(error)) = &result
            && (error.is_stale_statement() || error.is_conflict())
        {
            result = self.exchange(&request, reply.closed()).await;
        }
        let result = result.map_err(|error| self.classify_read_only_error(error, is_read_only));
        let _ = reply.send(result.map_err(Failure::Error));
    }

    /// A write in a read-only scope is a fault of the caller. In any other scope the server is a standby by now:
    /// a new connection finds its successor.
    fn classify_read_only_error(&mut self, error: Error, is_read_only: bool) -> Error {
        match error {
            Error::Db(error) if *error.code() == SqlState::READ_ONLY_SQL_TRANSACTION => {
                if is_read_only {
                    return Error::ReadOnlyScope(error);
                }
                self.is_broken = true;
                Error::Db(error)
            }
            error => error,
        }
    }

    /// Sends the statements with one Sync, and reads the response to its end. When the caller is gone, or the
    /// result is too large, the statement is canceled.
    async fn exchange(
        &mut self,
        request: &Request<'_>,
        caller_gone: impl Future<Output = ()>,
    ) -> Result<QueryResult, Error> {
        let sent = self.send(request);
        self.is_broken |= sent.is_err();
        let mut steps = sent?.into_iter();
        let mut step = steps.next();
        let mut response = Response::default();
        let mut caller_gone = pin!(caller_gone);
        let mut is_caller_gone = false;
        let mut cancel = Cancel::default();
        let mut deadline = pin!(sleep(self.response_timeout));
        let mut has_progressed = false;
        'response: loop {
            while let Some(message) = self.buffered(&mut response)? {
                if let Message::ReadyForQuery(ready) = message {
                    self.status = ready.status();
                    // The server has read all of a batch when it is ready.
                    self.is_broken |= !self.framed.outgoing().is_empty();
                    break 'response;
                }
                let received = self.receive(message, &mut step, &mut steps, &mut response, request);
                if let Err(error) = received {
                    self.is_broken = true;
                    return Err(error);
                }
            }
            let wants_cancel = is_caller_gone || response.is_too_large;
            tokio::select! {
                biased;
                () = &mut caller_gone, if !is_caller_gone => is_caller_gone = true,
                canceled = cancel.run(&self.canceller), if wants_cancel => {
                    if let Err(error) = canceled {
                        self.is_broken = true;
                        return Err(error);
                    }
                }
                filled = self.framed.fill() => {
                    has_progressed = true;
                    if let Err(error) = filled {
                        return Err(self.ended_by(error, &mut response));
                    }
                }
                () = &mut deadline => {
                    if !std::mem::take(&mut has_progressed) {
                        self.is_broken = true;
                        // So that the server does not keep a backend whose connection is closed here.
                        let _ = self.canceller.clone().cancel(CANCEL_TIMEOUT).await;
                        let text = "the server sent nothing for too long";
                        return Err(io::Error::new(io::ErrorKind::TimedOut, text).into());
                    }
                    deadline.as_mut().reset(Instant::now() + self.response_timeout);
                }
            }
        }
        // A cancel request that is still on its way could reach the next statement.
        self.is_broken |= cancel.finish().await.is_err();
        match response {
            Response { is_too_large: true, bytes, .. } => {
                let ResultLimits { max_rows, max_bytes } = request.limits;
                Err(if bytes > max_bytes {
                    Error::TooLarge { limit: max_bytes, unit: "bytes" }
                } else {
                    Error::TooLarge { limit: max_rows, unit: "rows" }
                })
            }
            Response { error: Some(error), .. } => Err(error),
            Response { result, .. } => Ok(result),
        }
    }

    fn buffered(&mut self, response: &mut Response) -> Result<Option<Message>, Error> {
        self.framed.buffered().map_err(|error| self.ended_by(error, response))
    }

    /// The reason of a FATAL comes before the end.
    fn ended_by(&mut self, error: io::Error, response: &mut Response) -> Error {
        self.is_broken = true;
        self.has_ended = true;
        response.error.take().unwrap_or_else(|| error.into())
    }

    fn send<'b>(&mut self, request: &Request<'b>) -> Result<Vec<Step<'b>>, Error> {
        let outgoing = self.framed.outgoing();
        for name in std::mem::take(&mut self.closes) {
            frontend::close(b'S', &name, outgoing)?;
        }
        let mut steps = Vec::with_capacity(request.statements.len());
        for (index, statement) in request.statements.iter().enumerate() {
            let known = self.statements.as_mut().and_then(|known| known.get(&*statement.sql));
            let known = known.filter(|known| *known.types == *statement.types).cloned();
            let new_name = match (&known, &self.statements) {
                (None, Some(_)) => {
                    let name = Arc::from(format!("s{:x}_{}", self.name_prefix, self.next_name));
                    self.next_name += 1;
                    Some(name)
                }
                _ => None,
            };
            let name: &str = match (&known, &new_name) {
                (Some(known), _) => &known.name,
                (None, Some(name)) => name,
                (None, None) => "",
            };
            let outgoing = self.framed.outgoing();
            if known.is_none() {
                let types = statement.types.iter().map(Type::oid);
                frontend::parse(name, &statement.sql, types, outgoing)?;
                frontend::describe(b'S', name, outgoing)?;
            }
            statement.bind(name, outgoing);
            frontend::execute("", 0, outgoing)?;
            let returns_rows = index == request.result_index;
            let columns = known.map(|known| known.columns);
            steps.push(Step { statement, columns, new_name, returns_rows });
        }
        frontend::sync(self.framed.outgoing());
        Ok(steps)
    }

    /// Handles one message of a response. The connection cannot be used after an error.
    fn receive<'b>(
        &mut self,
        message: Message,
        step: &mut Option<Step<'b>>,
        steps: &mut impl Iterator<Item = Step<'b>>,
        response: &mut Response,
        request: &Request<'_>,
    ) -> Result<(), Error> {
        match (message, &mut *step) {
            (Message::NoticeResponse(notice), _) => log_notice(notice.fields()),
            (
                Message::ParseComplete
                | Message::ParameterDescription(_)
                | Message::BindComplete
                | Message::CloseComplete
                | Message::ParameterStatus(_)
                | Message::NotificationResponse(_),
                _,
            ) => {}
            (Message::ErrorResponse(error), step) => {
                let error = DbError::read(error.fields())?;
                self.is_broken |= error.is_fatal();
                if let Some(step) = step {
                    self.discard(step, &error);
                }
                response.error.get_or_insert_with(|| error.into());
            }
            (Message::RowDescription(description), Some(step)) => {
                let columns = columns(&description)?;
                self.keep(step, columns);
            }
            (Message::NoData, Some(step)) => self.keep(step, Arc::default()),
            (Message::DataRow(body), Some(step)) => {
                if step.returns_rows && !response.is_too_large {
                    response.bytes += body.buffer().len();
                    let ResultLimits { max_rows, max_bytes } = request.limits;
                    let rows = &mut response.result.rows;
                    if rows.len() >= max_rows || response.bytes > max_bytes {
                        response.is_too_large = true;
                        rows.clear();
                    } else {
                        let columns = step.columns.clone().unwrap_or_default();
                        rows.push(Row { columns, body });
                    }
                }
            }
            (Message::CommandComplete(done), Some(finished)) => {
                let tag = done.tag()?;
                if finished.returns_rows {
                    response.result.rows_affected = rows_affected(tag);
                }
                if finished.statement.sql == "COMMIT" && tag != "COMMIT" {
                    response.error.get_or_insert(Error::RolledBack);
                }
                *step = steps.next();
            }
            (Message::EmptyQueryResponse, Some(_)) => *step = steps.next(),
            _ => {
                let text =
                    "the server sent a message that no statement here asks for, such as COPY";
                return Err(Error::Protocol(text.to_owned()));
            }
        }
        Ok(())
    }

    /// The server has prepared the statement: it belongs to the connection.
    fn keep(&mut self, step: &mut Step<'_>, columns: Arc<[Column]>) {
        step.columns = Some(Arc::clone(&columns));
        let Some((statements, name)) = self.statements.as_mut().zip(step.new_name.take()) else {
            return;
        };
        let oldest =
            if statements.len() < PREPARED_STATEMENTS { None } else { statements.remove_lru() };
        let Statement { sql, types, .. } = step.statement;
        let prepared = Prepared { name, types: types.as_slice().into(), columns };
        let replaced = statements.insert(sql.clone().into_owned(), prepared);
        let closed = replaced.into_iter().chain(oldest.map(|(_, oldest)| oldest));
        self.closes.extend(closed.map(|closed| closed.name));
    }

    /// Closes a prepared statement that is stale, or that failed while it was prepared.
    fn discard(&mut self, step: &mut Step<'_>, error: &DbError) {
        if *error.code() == SqlState::INVALID_SQL_STATEMENT_NAME {
            // DISCARD ALL, or a pooler with another server behind it: the other names are unknown there, too.
            self.statements.iter_mut().for_each(LruCache::clear);
        }
        let stale = match &mut self.statements {
            Some(statements) if error.is_stale_statement() => {
                statements.remove(&*step.statement.sql)
            }
            _ => None,
        };
        self.closes.extend(stale.map(|stale| stale.name).or(step.new_name.take()));
    }
}

/// Cancel requests for one statement, one at a time.
#[derive(Default)]
struct Cancel {
    started_at: Option<Instant>,
    running: Option<BoxFuture<'static, Result<(), ConnectError>>>,
    next_at: Option<Instant>,
}

impl Cancel {
    /// Resolves when a request has been accepted, or with an error when the connection has to be closed. Dropping
    /// the future loses nothing.
    async fn run(&mut self, canceller: &Canceller) -> Result<(), Error> {
        let started_at = *self.started_at.get_or_insert_with(Instant::now);
        if let Some(next_at) = self.next_at {
            sleep_until(next_at).await;
            self.next_at = None;
        }
        if started_at.elapsed() > CANCEL_GIVE_UP {
            let text = "the server did not cancel a statement";
            return Err(io::Error::new(io::ErrorKind::TimedOut, text).into());
        }
        let running =
            self.running.get_or_insert_with(|| canceller.clone().cancel(CANCEL_TIMEOUT).boxed());
        let canceled = running.await;
        self.running = None;
        self.next_at = Some(Instant::now() + CANCEL_INTERVAL);
        Ok(canceled?)
    }

    /// Waits for a request that was sent.
    async fn finish(self) -> Result<(), ConnectError> {
        match self.running {
            Some(running) => running.await,
            None => Ok(()),
        }
    }
}

fn pending() -> impl Future<Output = ()> {
    std::future::pending()
}

fn log_notice(fields: postgres_protocol::message::backend::ErrorFields<'_>) {
    if let Ok(notice) = DbError::read(fields) {
        tracing::debug!(severity = notice.severity(), %notice, "notice of the database");
    }
}

fn columns(description: &RowDescriptionBody) -> Result<Arc<[Column]>, Error> {
    let column = |field: postgres_protocol::message::backend::Field<'_>| {
        let ty = Type::from_oid(field.type_oid()).unwrap_or(Type::UNKNOWN);
        Ok(Column { name: field.name().into(), ty })
    };
    Ok(description.fields().map(column).collect::<Vec<_>>()?.into())
}

/// A tag ends with the number of rows, if it has one: `INSERT 0 3`.
fn rows_affected(tag: &str) -> u64 {
    tag.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}
