//! Messages to and from the server (PostgreSQL, "Frontend/Backend Protocol").

use std::{
    fmt, io,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, BytesMut};
use futures_util::FutureExt as _;
use postgres_protocol::message::{backend::Message, frontend};
use tokio::io::{AsyncReadExt as _, AsyncWrite as _, AsyncWriteExt as _};

use crate::connect::Stream;

/// Free space for one read. `read_buf` grows a full buffer by 64 bytes, which costs many system calls.
const READ_CAPACITY: usize = 8 * 1024;

/// A buffer that a large batch needed is given back.
const KEPT_CAPACITY: usize = 64 * 1024;
/// Type and length of a message.
const HEADER: usize = 5;

/// A stream of messages. Only the task that owns the connection has one.
pub(crate) struct Framed {
    stream: Box<dyn Stream>,
    incoming: BytesMut,
    outgoing: BytesMut,
    needs_flush: bool,
    /// How many bytes of a message are still to be discarded.
    skipping: usize,
    /// Bytes that were read and written.
    transferred: u64,
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
        Self {
            stream,
            incoming: BytesMut::new(),
            outgoing: BytesMut::new(),
            needs_flush: false,
            skipping: 0,
            transferred: 0,
        }
    }

    /// The buffer of messages that [`next`](Self::next) writes.
    pub fn outgoing(&mut self) -> &mut BytesMut {
        &mut self.outgoing
    }

    /// How many bytes were read and written so far: a number that grows while the network works.
    pub fn transferred(&self) -> u64 {
        self.transferred
    }

    /// The type and the length of the next message, if they were read already.
    pub fn announced(&mut self) -> Option<(u8, usize)> {
        self.discard();
        if self.skipping > 0 {
            return None;
        }
        let [kind, length @ ..] = *self.incoming.first_chunk::<HEADER>()?;
        // The length counts itself.
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        Some((kind, length.saturating_sub(4)))
    }

    /// Discards the message that is [announced](Self::announced), also what has not arrived of it.
    pub fn skip(&mut self) {
        if let Some((_, length)) = self.announced() {
            self.skipping = HEADER.saturating_add(length);
            self.discard();
        }
    }

    fn discard(&mut self) {
        let length = self.skipping.min(self.incoming.len());
        self.incoming.advance(length);
        self.skipping -= length;
    }

    /// The next message, if all of it was read already.
    pub fn buffered(&mut self) -> io::Result<Option<Message>> {
        self.discard();
        if self.skipping > 0 { Ok(None) } else { Message::parse(&mut self.incoming) }
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
        let length = ready!(read)?;
        if length == 0 {
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        self.count(length);
        Poll::Ready(Ok(()))
    }

    fn count(&mut self, bytes: usize) {
        self.transferred += u64::try_from(bytes).unwrap_or_default();
    }

    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.outgoing.is_empty() {
            let written = pin!(self.stream.write_buf(&mut self.outgoing)).poll(context);
            let length = ready!(written)?;
            if length == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.count(length);
            self.needs_flush = true;
        }
        if self.outgoing.capacity() > KEPT_CAPACITY {
            self.outgoing = BytesMut::new();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn large_batch_leaves_no_large_buffer() {
        let (ours, mut theirs) = tokio::io::duplex(4 * 1024);
        let mut framed = Framed::new(Box::new(ours));
        framed.outgoing().extend_from_slice(&vec![0; 8 * 1024 * 1024]);
        let mut received = vec![0; 8 * 1024 * 1024];
        let peer = async {
            theirs.read_exact(&mut received).await.unwrap();
            theirs.write_all(b"Z\0\0\0\x05I").await.unwrap();
        };
        let (message, ()) = tokio::join!(framed.next(), peer);
        assert!(matches!(message.unwrap(), Message::ReadyForQuery(_)));
        assert!(framed.outgoing.capacity() <= KEPT_CAPACITY);
        // Both directions count.
        assert_eq!(framed.transferred(), 8 * 1024 * 1024 + 6);
    }

    #[tokio::test]
    async fn skipped_message_is_never_buffered() {
        const LENGTH: usize = 8 * 1024 * 1024;
        let (ours, mut theirs) = tokio::io::duplex(4 * 1024);
        let mut framed = Framed::new(Box::new(ours));
        let peer = async {
            let length = u32::try_from(LENGTH + 4).unwrap().to_be_bytes();
            theirs.write_all(&[&b"D"[..], &length].concat()).await.unwrap();
            theirs.write_all(&vec![0; LENGTH]).await.unwrap();
            theirs.write_all(b"Z\0\0\0\x05I").await.unwrap();
        };
        let reading = async {
            while framed.announced().is_none() {
                framed.fill().await.unwrap();
            }
            assert_eq!(framed.announced(), Some((b'D', LENGTH)));
            framed.skip();
            let message = framed.next().await.unwrap();
            assert!(matches!(message, Message::ReadyForQuery(_)));
            assert!(framed.incoming.capacity() <= KEPT_CAPACITY);
        };
        tokio::join!(reading, peer);
    }
}
