//! Messages to and from the server (PostgreSQL, "Frontend/Backend Protocol").
//!
//! Our own, above the messages of postgres-protocol: statements that are sent together end with one Sync,
//! so that they are one transaction without BEGIN and COMMIT, and the server answers once. tokio-postgres
//! puts a Sync behind each, and sqlx waits for each.

use std::{fmt, io};

use bytes::BytesMut;
use futures_util::FutureExt as _;
use postgres_protocol::message::{
    backend::{Message, ReadyForQueryBody},
    frontend,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{error::Failure, socket::Socket};

/// Whether the server is inside a transaction, as `ReadyForQuery` tells it.
const IDLE: u8 = b'I';

/// Room for what is read at once: most answers whole. Left to itself, the buffer grows by 64 bytes, and
/// each of them costs a system call.
const ROOM: usize = 8 * 1024;

/// One connection, as messages.
pub struct Wire {
    socket: Socket,
    incoming: BytesMut,
    outgoing: BytesMut,
    /// How many Syncs were sent whose `ReadyForQuery` has not come.
    unanswered: usize,
    status: u8,
    is_broken: bool,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { unanswered, status, is_broken, .. } = self;
        write!(f, "Wire({unanswered} unanswered, {}, broken: {is_broken})", char::from(*status))
    }
}

impl Wire {
    /// On a socket that is signed in.
    pub fn new(socket: Socket) -> Self {
        Self {
            socket,
            incoming: BytesMut::new(),
            outgoing: BytesMut::new(),
            unanswered: 0,
            status: IDLE,
            is_broken: false,
        }
    }

    /// Whether all was answered, and no transaction is open.
    pub fn is_idle(&self) -> bool {
        !self.is_awaiting_response() && self.status == IDLE
    }

    /// Whether something was sent, or half sent, whose response was not read.
    pub fn is_awaiting_response(&self) -> bool {
        self.unanswered > 0 || !self.outgoing.is_empty()
    }

    /// Whether it is no good any more. Nothing but the end comes from a server that was asked nothing,
    /// or what it says of its settings.
    pub fn is_closed(&mut self) -> bool {
        while !self.is_broken
            && let Some(read) = self.socket.read_buf(&mut self.incoming).now_or_never()
        {
            self.is_broken = !matches!(read, Ok(1..)) || self.has_ended();
        }
        self.is_broken
    }

    fn has_ended(&mut self) -> bool {
        loop {
            match Message::parse(&mut self.incoming) {
                Ok(Some(message)) if is_aside(&message) => {}
                Ok(None) => return false,
                Ok(Some(_)) | Err(_) => return true,
            }
        }
    }

    /// Adds messages to those that [`send`](Self::send) sends: all of them, or none if one cannot be
    /// written.
    pub fn add(
        &mut self,
        write: impl FnOnce(&mut BytesMut) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let length = self.outgoing.len();
        let written = write(&mut self.outgoing);
        if written.is_err() {
            self.outgoing.truncate(length);
        }
        written
    }

    /// Forgets what was added and not sent.
    pub fn take_back(&mut self) {
        self.outgoing.clear();
    }

    /// Ends what was added with a Sync, and sends it. Who stops waiting for that may call
    /// [`finish`](Self::finish) later.
    pub async fn send(&mut self) -> Result<(), Failure> {
        frontend::sync(&mut self.outgoing);
        self.unanswered += 1;
        self.flush().await
    }

    async fn flush(&mut self) -> Result<(), Failure> {
        while !self.outgoing.is_empty() {
            let written = self.socket.write_buf(&mut self.outgoing).await;
            self.usable(written)?;
        }
        let flushed = self.socket.flush().await;
        self.usable(flushed)
    }

    /// The next message of an answer; none after the last, when the server is ready again.
    pub async fn next(&mut self) -> Result<Option<Message>, Failure> {
        loop {
            let parsed = Message::parse(&mut self.incoming);
            match self.usable(parsed)? {
                Some(Message::ReadyForQuery(ready)) => {
                    self.take_note(&ready);
                    return Ok(None);
                }
                Some(message) if is_aside(&message) => {}
                Some(message) => return Ok(Some(message)),
                None => {
                    self.incoming.reserve(ROOM);
                    let read = self.socket.read_buf(&mut self.incoming).await;
                    if self.usable(read)? == 0 {
                        self.is_broken = true;
                        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
                    }
                }
            }
        }
    }

    fn take_note(&mut self, ready: &ReadyForQueryBody) {
        self.unanswered = self.unanswered.saturating_sub(1);
        self.status = ready.status();
    }

    /// Sends what remains, and reads all answers.
    pub async fn finish(&mut self) -> Result<(), Failure> {
        self.flush().await?;
        while self.unanswered > 0 {
            while self.next().await?.is_some() {}
        }
        Ok(())
    }

    /// Nobody may use it any more: what its messages mean is not known.
    pub fn give_up(&mut self) {
        self.is_broken = true;
    }

    fn usable<T>(&mut self, result: io::Result<T>) -> Result<T, Failure> {
        self.is_broken |= result.is_err();
        Ok(result?)
    }
}

/// What the server may say at any time, and nobody here asks for.
fn is_aside(message: &Message) -> bool {
    matches!(
        message,
        Message::NoticeResponse(_) | Message::NotificationResponse(_) | Message::ParameterStatus(_)
    )
}

impl Drop for Wire {
    /// Says so, as far as it can be said at once: the server then logs no lost client.
    fn drop(&mut self) {
        if self.is_idle() && !self.is_broken {
            frontend::terminate(&mut self.outgoing);
            let _ = self.socket.write_buf(&mut self.outgoing).now_or_never();
        }
    }
}
