//! Messages to and from the server (PostgreSQL, "Frontend/Backend Protocol").

use std::{
    fmt, io,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use bytes::BytesMut;
use futures_util::FutureExt as _;
use postgres_protocol::message::{backend::Message, frontend};
use tokio::io::{AsyncReadExt as _, AsyncWrite as _, AsyncWriteExt as _};

use crate::connect::Stream;

/// Free space for one read. `read_buf` grows a full buffer by 64 bytes, which costs many system calls.
const READ_CAPACITY: usize = 8 * 1024;

/// A stream of messages. Only the task that owns the connection has one.
pub(crate) struct Framed {
    stream: Box<dyn Stream>,
    incoming: BytesMut,
    outgoing: BytesMut,
    needs_flush: bool,
}

impl fmt::Debug for Framed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { incoming, outgoing, .. } = self;
        write!(f, "Framed({} bytes read, {} to write)", incoming.len(), outgoing.len())
    }
}

impl Framed {
    /// On a stream whose handshake has ended with `ReadyForQuery`.
    pub fn new(stream: Box<dyn Stream>) -> Self {
        Self { stream, incoming: BytesMut::new(), outgoing: BytesMut::new(), needs_flush: false }
    }

    /// The buffer of messages that [`next`](Self::next) writes.
    pub fn outgoing(&mut self) -> &mut BytesMut {
        &mut self.outgoing
    }

    /// The next message, if all of it was read already.
    pub fn buffered(&mut self) -> io::Result<Option<Message>> {
        Message::parse(&mut self.incoming)
    }

    /// Writes what is in the buffer, and returns when more was read. Reading goes on while a large batch is written.
    /// Dropping the future loses nothing.
    pub async fn fill(&mut self) -> io::Result<()> {
        std::future::poll_fn(|context| self.poll_fill(context)).await
    }

    /// Writes what is in the buffer, and returns the next message. Dropping the future loses nothing.
    pub async fn next(&mut self) -> io::Result<Message> {
        loop {
            if let Some(message) = self.buffered()? {
                return Ok(message);
            }
            self.fill().await?;
        }
    }

    fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Pending: the socket is full, and wakes this task when it is not.
        if let Poll::Ready(Err(error)) = self.poll_write(context) {
            return Poll::Ready(Err(error));
        }
        self.incoming.reserve(READ_CAPACITY);
        let read = pin!(self.stream.read_buf(&mut self.incoming)).poll(context);
        if ready!(read)? == 0 {
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        Poll::Ready(Ok(()))
    }

    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.outgoing.is_empty() {
            let written = pin!(self.stream.write_buf(&mut self.outgoing)).poll(context);
            if ready!(written)? == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.needs_flush = true;
        }
        if self.needs_flush {
            ready!(Pin::new(&mut self.stream).poll_flush(context))?;
            self.needs_flush = false;
        }
        Poll::Ready(Ok(()))
    }

    /// Sends Terminate as far as the socket takes it at once, so that the server logs no lost client. Behind half a
    /// message the socket is only shut down.
    pub fn terminate(&mut self) {
        if self.outgoing.is_empty() {
            frontend::terminate(&mut self.outgoing);
            let _ = self.stream.write_buf(&mut self.outgoing).now_or_never();
            let _ = self.stream.flush().now_or_never();
        }
        self.outgoing.clear();
        let _ = self.stream.shutdown().now_or_never();
    }

    /// Waits until the server has closed the connection.
    pub async fn closed(&mut self) {
        while self.fill().await.is_ok() {
            self.incoming.clear();
        }
    }
}
