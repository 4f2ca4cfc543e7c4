//! Whether a connection still does something: what is read and written on it, and how long it may rest.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};

/// How long a client may be silent.
#[derive(Debug, Clone, Copy)]
pub struct IdleTimeout {
    /// Between two requests. Longer than a proxy in front keeps a connection that rests: else the proxy may
    /// send a request on one that is just being closed.
    pub rest: Duration,
    /// The same while others find no place.
    pub rest_when_full: Duration,
    /// From the first byte of a request to the end of its headers.
    pub head: Duration,
    /// Until a request is answered. Its own limit is the router's; this one is for what that does not see.
    pub served: Duration,
    /// Without taking a byte of an answer.
    pub stall: Duration,
}

/// What a connection does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Rests,
    Asks,
    /// A request is looked at.
    IsServed,
    /// Its client takes no byte of the answer.
    Stalls,
}

#[derive(Debug)]
struct Beat {
    phase: Phase,
    since: Instant,
}

/// Cheap to clone: all of them are of one connection.
#[derive(Debug, Clone)]
pub(super) struct Pulse(Arc<Mutex<Beat>>);

impl Pulse {
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Beat { phase: Phase::Rests, since: Instant::now() })))
    }

    /// A request is being served until this is dropped.
    pub fn serve(&self) -> Serving {
        self.enter(Phase::IsServed);
        Serving(self.clone())
    }

    /// How long it may go on like this; none where it has been so for too long.
    pub fn left(&self, patience: &IdleTimeout, is_full: bool) -> Option<Duration> {
        let (phase, silent) = {
            let beat = self.lock();
            (beat.phase, beat.since.elapsed())
        };
        let allowed = match phase {
            Phase::Rests if is_full => patience.rest_when_full,
            Phase::Rests => patience.rest,
            Phase::Asks => patience.head,
            Phase::Stalls => patience.stall,
            Phase::IsServed => patience.served,
        };
        // Looked at again before the shortest could have passed: it may do something else by then.
        let shortest = if is_full { patience.rest_when_full } else { patience.head };
        Some(allowed.checked_sub(silent)?.min(shortest))
    }

    fn enter(&self, phase: Phase) {
        *self.lock() = Beat { phase, since: Instant::now() };
    }

    fn has_read(&self) {
        let mut beat = self.lock();
        if beat.phase == Phase::Rests {
            *beat = Beat { phase: Phase::Asks, since: Instant::now() };
        }
    }

    fn has_written(&self) {
        let mut beat = self.lock();
        beat.since = Instant::now();
        if beat.phase == Phase::Stalls {
            beat.phase = Phase::Rests;
        }
    }

    fn cannot_write(&self) {
        let mut beat = self.lock();
        if beat.phase == Phase::Rests {
            *beat = Beat { phase: Phase::Stalls, since: Instant::now() };
        }
    }

    fn lock(&self) -> MutexGuard<'_, Beat> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct Serving(Pulse);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.enter(Phase::Rests);
    }
}

/// A stream whose pulse is felt. What it carries along lasts as long as it does, also as a WebSocket.
pub(super) struct Watched<S, P> {
    stream: S,
    pulse: Pulse,
    _carried: P,
}

impl<S, P> Watched<S, P> {
    pub fn new(stream: S, pulse: Pulse, carried: P) -> Self {
        Self { stream, pulse, _carried: carried }
    }

    fn wrote(&self, done: &Poll<io::Result<usize>>) {
        match done {
            Poll::Ready(Ok(1..)) => self.pulse.has_written(),
            Poll::Pending => self.pulse.cannot_write(),
            Poll::Ready(_) => {}
        }
    }
}

impl<S: AsyncRead + Unpin, P: Unpin> AsyncRead for Watched<S, P> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.pulse.has_read();
        }
        read
    }
}

impl<S: AsyncWrite + Unpin, P: Unpin> AsyncWrite for Watched<S, P> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.wrote(&done);
        done
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.wrote(&done);
        done
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
