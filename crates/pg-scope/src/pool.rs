//! A bounded number of connections, opened when they are needed, each owned by a task of its own.

use std::{
    fmt, io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    runtime,
    sync::{Notify, mpsc, oneshot},
    time::{Instant, sleep, timeout, timeout_at},
};

use crate::{
    batch::Batch,
    connection::{Command, Connection, TypeCache},
    error::{ConnectError, Error},
    options::Options,
    queue::{Admitted, Leased, Queue, Share},
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
    /// Waits as long as a [`Share`] of the scope is used up, or no connection is free. Then scopes whose first share has
    /// the fewest connections come first.
    ///
    /// Fails with [`Error::PoolExhausted`] or [`Error::AcquireTimeout`] when it has waited too long, and with [`Error::Connect`] when no
    /// connection can be opened and none is open.
    pub async fn begin(&self, scope: Scope) -> Result<Transaction, Error> {
        let lease = self.lease(&scope.shares).await?;
        Ok(Transaction::new(self.clone(), lease, scope))
    }

    /// Whether the database responds within a time, the wait for a connection included.
    ///
    /// Returns [`Error::PoolExhausted`] if all connections are in use, which says nothing of the database.
    pub async fn ping(&self, within: Duration) -> Result<(), Error> {
        let deadline = Instant::now() + within;
        let lease = match timeout_at(deadline, self.lease(&Arc::default())).await {
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
    pub(crate) async fn lease(&self, shares: &Arc<[Share]>) -> Result<Lease, Error> {
        let pool = self.shared();
        let waiting = match pool.lease_or_wait(shares)? {
            Ok(lease) => return Ok(lease),
            Err(waiting) => waiting,
        };
        let within = pool.options.acquire_timeout;
        match timeout(within, waiting).await {
            Ok(Ok(leased)) => leased,
            Ok(Err(_)) => Err(Error::PoolClosed),
            Err(_) => Err(pool.acquire_error(within)),
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
pub(crate) struct Lease(Option<Leasehold>);

impl Lease {
    fn new(handle: ConnectionHandle, counted: CountedShares) -> Self {
        Self(Some(Leasehold { handle, counted }))
    }

    /// Returns false if the connection has ended. Then nothing was sent.
    pub fn run(&self, batch: Batch) -> bool {
        let Some(Leasehold { handle, .. }) = &self.0 else { return false };
        handle.commands.send(Command::Run(batch)).is_ok()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(leasehold) = self.0.take() {
            let commands = leasehold.handle.commands.clone();
            let _ = commands.send(Command::Release(leasehold));
        }
    }
}

/// A leased connection, until its own task has cleaned it.
#[derive(Debug)]
pub(crate) struct Leasehold {
    handle: ConnectionHandle,
    counted: CountedShares,
}

/// Shares that a connection counts in, until it is dropped.
pub(crate) struct CountedShares {
    shares: Arc<[Share]>,
    shared: Arc<Shared>,
}

impl fmt::Debug for CountedShares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shares.fmt(f)
    }
}

impl Drop for CountedShares {
    fn drop(&mut self) {
        if !self.shares.is_empty() {
            self.shared.update(|state| state.queue.release(&self.shares));
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

    fn leave(&mut self, state: &mut State) {
        state.open -= 1;
        // Its handle may be there if the connection ended while it was idle.
        state.idle.retain(|handle| handle.id != self.id);
        self.enter(Phase::Open, state);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let shared = Arc::clone(&self.shared);
        // An attempt that was dropped, with its runtime for instance, is not repeated.
        if self.phase == Phase::Opening {
            self.leave(&mut shared.lock());
        } else {
            shared.update(|state| self.leave(state));
        }
        if shared.lock().open == 0 {
            shared.closed.notify_waiters();
        }
    }
}

#[derive(Debug, Default)]
struct State {
    /// The one used last is the last: its caches are warm, and the others may rest and be closed.
    idle: Vec<ConnectionHandle>,
    queue: Queue,
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
    /// An idle connection whose task has not ended.
    fn pop_idle(&mut self) -> Option<ConnectionHandle> {
        while let Some(handle) = self.idle.pop() {
            if !handle.commands.is_closed() {
                return Some(handle);
            }
        }
        None
    }

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

    fn lease_or_wait(
        self: &Arc<Self>,
        shares: &Arc<[Share]>,
    ) -> Result<Result<Lease, oneshot::Receiver<Leased>>, Error> {
        let mut receiver = None;
        let mut leased = None;
        self.update(|state| {
            if state.is_closed {
                return;
            }
            // If a connection is idle, nobody waits for it.
            if !state.idle.is_empty() && state.queue.admit(shares) {
                leased = state.pop_idle();
                if leased.is_some() {
                    return;
                }
                state.queue.release(shares);
            }
            receiver = Some(state.queue.push(shares));
        });
        match (leased, receiver) {
            (Some(handle), _) => Ok(Ok(Lease::new(handle, self.counted(Arc::clone(shares))))),
            (None, Some(receiver)) => Ok(Err(receiver)),
            (None, None) => Err(Error::PoolClosed),
        }
    }

    /// Shares that the queue has counted.
    fn counted(self: &Arc<Self>, shares: Arc<[Share]>) -> CountedShares {
        CountedShares { shares, shared: Arc::clone(self) }
    }

    /// Changes the state, then leases idle connections to the transactions that wait, and opens more for the others as
    /// long as there may be more.
    fn update(self: &Arc<Self>, change: impl FnOnce(&mut State)) {
        let (mut admitted, mut slots) = (Vec::new(), Vec::new());
        {
            let mut state = self.lock();
            change(&mut state);
            if state.is_closed {
                return;
            }
            while let Some(handle) = state.pop_idle() {
                let Some(next) = state.queue.pop() else {
                    state.idle.push(handle);
                    break;
                };
                admitted.push((handle, next));
            }
            let wanted = state.queue.admissible();
            while wanted > state.opening && state.open < self.options.max_connections {
                let id = state.next_id;
                state.next_id += 1;
                state.open += 1;
                let mut slot = Slot { id, shared: Arc::clone(self), phase: Phase::Open };
                slot.enter(Phase::Opening, &mut state);
                slots.push(slot);
            }
        }
        // Without the lock: a lease that is dropped here, and a slot, take it.
        for (handle, Admitted { shares, sender }) in admitted {
            let _ = sender.send(Ok(Lease::new(handle, self.counted(shares))));
        }
        self.spawn_open(slots);
    }

    /// Opens each connection in a task of its own: a transaction that no longer waits does not abort it.
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
                self.put(handle, &[]);
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
            if has_others { None } else { Some(state.queue.drain()) }
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

    /// Takes a leased connection back. Its shares are free from now on.
    pub fn release(self: &Arc<Self>, leasehold: Leasehold) {
        let Leasehold { handle, mut counted } = leasehold;
        self.put(handle, &std::mem::take(&mut counted.shares));
    }

    /// Leases the connection to a transaction that waits, or keeps it idle.
    fn put(self: &Arc<Self>, handle: ConnectionHandle, released: &[Share]) {
        // The task of a handle that is dropped ends, when the pool is closed.
        let mut handle = Some(handle);
        self.update(|state| {
            state.queue.release(released);
            if !state.is_closed {
                state.idle.extend(handle.take());
            }
        });
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
            waiting: state.queue.len(),
        }
    }

    fn close(&self) {
        let (idle, waiting) = {
            let mut state = self.lock();
            state.is_closed = true;
            (std::mem::take(&mut state.idle), state.queue.drain())
        };
        for waiting in waiting {
            let _ = waiting.send(Err(Error::PoolClosed));
        }
        // Their tasks end.
        drop(idle);
    }
}
