//! A bounded number of connections, opened when they are needed, each owned by a task of its own.

use std::{
    collections::VecDeque,
    fmt, io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    runtime,
    sync::{Notify, mpsc, oneshot},
    time::{Instant, sleep, timeout_at},
};

use crate::{
    batch::Batch,
    connection::{Command, Connection, TypeCache},
    error::{ConnectError, Error},
    options::Options,
    scope::Scope,
    transaction::Transaction,
};

/// How long to wait after a connection could not be opened while others are open.
const REOPEN_DELAY: Duration = Duration::from_millis(200);

/// Connections of one login. Cheap to clone. The connections close when the last clone and the last transaction are
/// dropped.
#[derive(Debug, Clone)]
pub struct Pool(Arc<Owner>);

/// The tasks of the connections hold [`Shared`]: they must not keep the pool open.
#[derive(Debug)]
struct Owner(Arc<Shared>);

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// How many connections there are, and how many transactions wait for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolStatus {
    /// How many connections there may be.
    pub max: usize,
    /// Connections that run a transaction, or are being opened or closed.
    pub used: usize,
    /// Connections that are free.
    pub idle: usize,
    /// Transactions that wait for a connection.
    pub waiting: usize,
}

impl Pool {
    /// Opens no connection yet: the database may come later. Must be called within a Tokio runtime.
    pub fn new(options: Options) -> Self {
        let state = Mutex::new(State::default());
        Self(Arc::new(Owner(Arc::new(Shared {
            options,
            state,
            types: Arc::default(),
            closed: Notify::new(),
        }))))
    }

    /// Begins a transaction. Nothing is sent before its first statement.
    ///
    /// Fails with [`Error::PoolExhausted`] or [`Error::AcquireTimeout`] when no connection is free in time, and with [`Error::Connect`] when no
    /// connection can be opened and none is open.
    pub async fn begin(&self, scope: Scope) -> Result<Transaction, Error> {
        let lease = self.lease().await?;
        Ok(Transaction::new(self.clone(), lease, scope))
    }

    /// Whether the database responds within a time, the wait for a connection included.
    ///
    /// Returns [`Error::PoolExhausted`] if all connections are in use, which says nothing of the database.
    pub async fn ping(&self, within: Duration) -> Result<(), Error> {
        let deadline = Instant::now() + within;
        let lease = match timeout_at(deadline, self.lease()).await {
            Ok(lease) => lease?,
            Err(_) => return Err(self.shared().acquire_error(within)),
        };
        let pinged = timeout_at(deadline, Transaction::ping(self, lease)).await;
        pinged.unwrap_or_else(|elapsed| Err(io::Error::from(elapsed).into()))
    }

    /// The numbers of this moment.
    pub fn status(&self) -> PoolStatus {
        self.shared().status()
    }

    /// Closes idle connections at once, and the others when their transactions end. Later transactions fail.
    ///
    /// Returns when the server has closed every connection. Dropping the future keeps the pool closed.
    pub async fn close(&self) {
        let shared = self.shared();
        shared.close();
        loop {
            let closed = shared.closed.notified();
            if shared.lock().open == 0 {
                return;
            }
            closed.await;
        }
    }

    /// How often a transaction looks for a connection that is alive: all of the pool may have ended unnoticed.
    pub(crate) fn attempts(&self) -> usize {
        self.shared().options.max_connections + 1
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.0.0
    }

    /// Waits for a connection that no other transaction uses.
    pub(crate) async fn lease(&self) -> Result<Lease, Error> {
        let shared = self.shared();
        let within = shared.options.acquire_timeout;
        let deadline = Instant::now() + within;
        let waiting = match shared.lease_or_wait()? {
            Ok(lease) => return Ok(lease),
            Err(waiting) => waiting,
        };
        match timeout_at(deadline, waiting).await {
            Ok(Ok(leased)) => leased,
            Ok(Err(_)) => Err(Error::PoolClosed),
            Err(_) => Err(shared.acquire_error(within)),
        }
    }
}

/// The sending end of a connection's task.
pub(crate) struct ConnectionHandle {
    id: u64,
    commands: mpsc::UnboundedSender<Command>,
}

impl fmt::Debug for ConnectionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConnectionHandle({})", self.id)
    }
}

/// The right to use a connection. Dropped, its connection cancels what runs, rolls back, and only then returns to
/// the pool: nobody but the connection's own task can return it.
#[derive(Debug)]
pub(crate) struct Lease(Option<ConnectionHandle>);

impl Lease {
    /// Returns false if the connection has ended. Then nothing was sent.
    pub fn run(&self, batch: Batch) -> bool {
        let Some(handle) = &self.0 else { return false };
        handle.commands.send(Command::Run(batch)).is_ok()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(handle) = self.0.take() {
            let commands = handle.commands.clone();
            let _ = commands.send(Command::Release(handle));
        }
    }
}

/// One of the pool's connections, also while it is opened or closed.
pub(crate) struct Slot {
    id: u64,
    shared: Arc<Shared>,
    phase: Phase,
}

/// What a slot is occupied by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Opening,
    /// The attempt to open a connection has failed, and the next one is delayed.
    Paused,
    /// A connection that is open, or being closed.
    Open,
}

impl Slot {
    pub fn id(&self) -> u64 {
        self.id
    }

    fn enter(&mut self, phase: Phase, state: &mut State) {
        if let Some(count) = state.count(self.phase) {
            *count -= 1;
        }
        self.phase = phase;
        if let Some(count) = state.count(phase) {
            *count += 1;
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let shared = Arc::clone(&self.shared);
        let mut state = shared.lock();
        state.open -= 1;
        // Its handle may be there if the connection ended while it was idle.
        state.idle.retain(|handle| handle.id != self.id);
        // An attempt that was dropped, with its runtime for instance, is not repeated.
        let was_opening = self.phase == Phase::Opening;
        self.enter(Phase::Open, &mut state);
        let slots = if was_opening { Vec::new() } else { shared.slots_for_waiting(&mut state) };
        let is_last = state.open == 0;
        drop(state);
        if is_last {
            shared.closed.notify_waiters();
        }
        shared.spawn_open(slots);
    }
}

type Leased = Result<Lease, Error>;

#[derive(Debug, Default)]
struct State {
    /// The one used last is the last: its caches are warm, and the others may rest and be closed.
    idle: Vec<ConnectionHandle>,
    waiting: VecDeque<oneshot::Sender<Leased>>,
    /// Connections that are open, or being opened or closed.
    open: usize,
    /// Those of them that are being opened.
    opening: usize,
    /// Those of them that could not be opened.
    paused: usize,
    next_id: u64,
    is_closed: bool,
}

impl State {
    fn count(&mut self, phase: Phase) -> Option<&mut usize> {
        match phase {
            Phase::Opening => Some(&mut self.opening),
            Phase::Paused => Some(&mut self.paused),
            Phase::Open => None,
        }
    }
}

/// What the pool and the tasks of its connections share.
#[derive(Debug)]
pub(crate) struct Shared {
    options: Options,
    state: Mutex<State>,
    types: Arc<TypeCache>,
    /// Notified when no connection is left.
    closed: Notify,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why no connection was free in time.
    fn acquire_error(&self, within: Duration) -> Error {
        let state = self.lock();
        let is_exhausted = state.open == self.options.max_connections
            && state.idle.is_empty()
            && state.opening + state.paused == 0;
        if is_exhausted { Error::PoolExhausted(within) } else { Error::AcquireTimeout(within) }
    }

    pub fn idle_timeout(&self) -> Duration {
        self.options.idle_timeout
    }

    pub fn max_age(&self) -> Duration {
        self.options.max_age
    }

    fn lease_or_wait(self: &Arc<Self>) -> Result<Result<Lease, oneshot::Receiver<Leased>>, Error> {
        let mut state = self.lock();
        if state.is_closed {
            return Err(Error::PoolClosed);
        }
        while let Some(handle) = state.idle.pop() {
            if !handle.commands.is_closed() {
                return Ok(Ok(Lease(Some(handle))));
            }
        }
        let (sender, receiver) = oneshot::channel();
        state.waiting.push_back(sender);
        let slots = self.slots_for_waiting(&mut state);
        drop(state);
        self.spawn_open(slots);
        Ok(Err(receiver))
    }

    /// Slots of connections to open for the transactions that wait, as long as there may be more.
    fn slots_for_waiting(self: &Arc<Self>, state: &mut State) -> Vec<Slot> {
        state.waiting.retain(|waiting| !waiting.is_closed());
        let mut slots = Vec::new();
        while !state.is_closed
            && state.waiting.len() > state.opening
            && state.open < self.options.max_connections
        {
            let id = state.next_id;
            state.next_id += 1;
            state.open += 1;
            let mut slot = Slot { id, shared: Arc::clone(self), phase: Phase::Open };
            slot.enter(Phase::Opening, state);
            slots.push(slot);
        }
        slots
    }

    /// Opens each connection in a task of its own: a transaction that no longer waits does not abort it. Must not be
    /// called under the lock, because a runtime that stops drops the task here.
    fn spawn_open(self: &Arc<Self>, slots: Vec<Slot>) {
        for slot in slots {
            // Without a runtime nobody waits any more.
            if let Ok(runtime) = runtime::Handle::try_current() {
                runtime.spawn(Arc::clone(self).open(slot));
            }
        }
    }

    async fn open(self: Arc<Self>, mut slot: Slot) {
        match Connection::open(&self.options, &self.types).await {
            Ok(connection) => {
                let (commands, receiver) = mpsc::unbounded_channel();
                let handle = ConnectionHandle { id: slot.id, commands };
                slot.enter(Phase::Open, &mut self.lock());
                tokio::spawn(connection.serve(receiver, Arc::clone(&self), slot));
                self.put(handle);
            }
            Err(error) => self.failed_to_open(error, slot).await,
        }
    }

    /// Without any other connection, no transaction waits for a database that cannot be reached. Otherwise the
    /// transactions wait for the other connections.
    async fn failed_to_open(self: &Arc<Self>, error: ConnectError, mut slot: Slot) {
        let error = Error::from(error);
        let failed = {
            let mut state = self.lock();
            slot.enter(Phase::Paused, &mut state);
            // The last attempt that fails ends the waiting.
            let has_others = state.open > state.paused;
            if has_others { None } else { Some(std::mem::take(&mut state.waiting)) }
        };
        if let Some(failed) = failed {
            for waiting in failed {
                let _ = waiting.send(Err(error.clone()));
            }
        } else {
            tracing::warn!(%error, "another database connection could not be opened");
            sleep(REOPEN_DELAY).await;
        }
        slot.enter(Phase::Open, &mut self.lock());
        drop(slot);
    }

    /// Leases the connection to the transaction that has waited longest, or keeps it idle.
    pub fn put(self: &Arc<Self>, handle: ConnectionHandle) {
        let mut lease = Lease(Some(handle));
        loop {
            let mut state = self.lock();
            if state.is_closed {
                // Nobody has the handle after this: the task ends.
                lease.0 = None;
                return;
            }
            let Some(waiting) = state.waiting.pop_front() else {
                state.idle.extend(lease.0.take());
                return;
            };
            drop(state);
            match waiting.send(Ok(lease)) {
                Err(Ok(returned)) => lease = returned,
                Ok(()) | Err(Err(_)) => return,
            }
        }
    }

    /// Removes a connection that is idle, so that nobody can lease it. Returns false if it is leased.
    pub fn remove_idle(&self, id: u64) -> bool {
        let mut state = self.lock();
        let position = state.idle.iter().position(|handle| handle.id == id);
        position.map(|position| state.idle.remove(position)).is_some()
    }

    fn status(&self) -> PoolStatus {
        let state = self.lock();
        let idle = state.idle.len();
        PoolStatus {
            max: self.options.max_connections,
            used: state.open.saturating_sub(idle),
            idle,
            waiting: state.waiting.iter().filter(|waiting| !waiting.is_closed()).count(),
        }
    }

    fn close(&self) {
        let (idle, waiting) = {
            let mut state = self.lock();
            state.is_closed = true;
            (std::mem::take(&mut state.idle), std::mem::take(&mut state.waiting))
        };
        for waiting in waiting {
            let _ = waiting.send(Err(Error::PoolClosed));
        }
        // Their tasks end.
        drop(idle);
    }
}
