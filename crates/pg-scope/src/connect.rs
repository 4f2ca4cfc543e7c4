//! Opens connections: chooses a host, and signs in.
//!
//! tokio-postgres performs TLS and authentication on a [`HandshakeStream`]. Afterwards pg-scope takes the raw stream
//! back.

use std::{
    collections::hash_map::RandomState,
    fmt,
    hash::{BuildHasher as _, Hasher as _},
    io,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf},
    net::{TcpStream, UnixStream, lookup_host},
    time::{Instant, timeout, timeout_at},
};
use tokio_postgres::{
    CancelToken, Config,
    config::{Host, LoadBalanceHosts, SslMode, SslNegotiation},
    tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{error::ConnectError, target::Target};

const DEFAULT_PORT: u16 = 5432;

pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for S {}

type Rustls<S> = <MakeRustlsConnect as MakeTlsConnect<HandshakeStream<S>>>::TlsConnect;
type Encrypted<S> = <MakeRustlsConnect as MakeTlsConnect<HandshakeStream<S>>>::Stream;

/// One of the hosts that a URL names.
pub(crate) struct Candidate<'a> {
    host: &'a Host,
    /// The address of the host, if the URL gives it.
    address: Option<IpAddr>,
    port: u16,
}

impl fmt::Display for Candidate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host {
            Host::Tcp(name) => f.write_str(name)?,
            Host::Unix(folder) => folder.display().fmt(f)?,
        }
        if let Some(address) = self.address {
            write!(f, "[{address}]")?;
        }
        write!(f, ":{}", self.port)
    }
}

/// In the order of the URL, or in a random one if its `load_balance_hosts` requires that.
pub(crate) fn candidates(config: &Config) -> impl Iterator<Item = Candidate<'_>> {
    let ports = config.get_ports();
    let candidate = |(index, host)| {
        let port = ports.get(index).or(ports.first()).copied().unwrap_or(DEFAULT_PORT);
        Candidate { host, address: config.get_hostaddrs().get(index).copied(), port }
    };
    let candidates = config.get_hosts().iter().enumerate().map(candidate);
    balanced(config, candidates.collect()).into_iter()
}

fn balanced<T>(config: &Config, mut items: Vec<T>) -> Vec<T> {
    if config.get_load_balance_hosts() == LoadBalanceHosts::Random {
        items.sort_by_cached_key(|_| RandomState::new().build_hasher().finish());
    }
    items
}

/// A connection that is signed in.
pub(crate) struct Established {
    pub stream: Box<dyn Stream>,
    pub cancel: Canceller,
}

/// An equal part of a time.
pub(crate) fn share(time: Duration, of: usize) -> Duration {
    time / u32::try_from(of).unwrap_or(u32::MAX).max(1)
}

/// Connects to one host and signs in.
pub(crate) async fn open(
    target: &Target,
    candidate: &Candidate<'_>,
    within: Duration,
) -> Result<Established, ConnectError> {
    match candidate.host {
        Host::Tcp(name) => {
            let (socket, address) = open_tcp(&target.config, candidate, name, within).await?;
            sign_in(target, name, Address::Tcp(address), socket).await
        }
        Host::Unix(folder) => {
            let path = folder.join(format!(".s.PGSQL.{}", candidate.port));
            let socket = UnixStream::connect(&path).await?;
            // As in libpq, there is no TLS on a Unix socket.
            let mut target = target.clone();
            target.config.ssl_mode(SslMode::Disable).ssl_negotiation(SslNegotiation::Postgres);
            sign_in(&target, "", Address::Unix(path), socket).await
        }
    }
}

/// A name may have addresses that swallow what is sent to them. Each gets an equal share of the time.
async fn open_tcp(
    config: &Config,
    &Candidate { address, port, .. }: &Candidate<'_>,
    name: &str,
    within: Duration,
) -> io::Result<(TcpStream, SocketAddr)> {
    let mut failure = io::Error::new(io::ErrorKind::NotFound, format!("{name} has no address"));
    let addresses = match address {
        Some(address) => vec![SocketAddr::new(address, port)],
        None => balanced(config, lookup_host((name, port)).await?.collect()),
    };
    let share = share(within * 9 / 10, addresses.len());
    for address in addresses {
        match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(socket)) => {
                set_options(&socket, config)?;
                return Ok((socket, address));
            }
            Ok(Err(error)) => failure = error,
            Err(elapsed) => failure = elapsed.into(),
        }
    }
    Err(failure)
}

fn set_options(socket: &TcpStream, config: &Config) -> io::Result<()> {
    socket.set_nodelay(true)?;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    SockRef::from(socket).set_tcp_user_timeout(config.get_tcp_user_timeout().copied())?;
    if !config.get_keepalives() {
        return Ok(());
    }
    let mut keepalive = TcpKeepalive::new().with_time(config.get_keepalives_idle());
    if let Some(interval) = config.get_keepalives_interval() {
        keepalive = keepalive.with_interval(interval);
    }
    if let Some(retries) = config.get_keepalives_retries() {
        keepalive = keepalive.with_retries(retries);
    }
    SockRef::from(socket).set_tcp_keepalive(&keepalive)
}

async fn sign_in<S: Stream + 'static>(
    target: &Target,
    name: &str,
    address: Address,
    socket: S,
) -> Result<Established, ConnectError> {
    let plain = HandshakeStream::new(socket, Phase::first(&target.config));
    let encrypted = Arc::default();
    let rustls =
        MakeTlsConnect::<HandshakeStream<S>>::make_tls_connect(&mut target.tls.clone(), name);
    let rustls = rustls.map_err(|error| ConnectError::Tls(error.into()))?;
    let tls = Tls { rustls, encrypted: Arc::clone(&encrypted) };
    let (client, connection) = target.config.connect_raw(plain.clone(), tls).await?;
    let token = client.cancel_token();
    drop((client, connection));
    let encrypted: Option<HandshakeStream<Encrypted<S>>> = lock(&encrypted).take();
    let stream = match encrypted {
        Some(encrypted) => encrypted.take_back().map(|stream| Box::new(stream) as Box<dyn Stream>),
        None => plain.take_back().map(|stream| Box::new(stream) as Box<dyn Stream>),
    };
    let stream = stream.ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected))?;
    let cancel = Canceller { token, address, name: name.into(), tls: target.tls.clone() };
    Ok(Established { stream, cancel })
}

/// TLS on a handshake stream. The encrypted stream is kept for us, too.
struct Tls<S: Stream + 'static> {
    rustls: Rustls<S>,
    encrypted: Arc<Mutex<Option<HandshakeStream<Encrypted<S>>>>>,
}

impl<S: Stream + 'static> TlsConnect<HandshakeStream<S>> for Tls<S> {
    type Stream = HandshakeStream<Encrypted<S>>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Stream>> + Send>>;

    fn connect(self, socket: HandshakeStream<S>) -> Self::Future {
        Box::pin(async move {
            let encrypted = self.rustls.connect(socket).await?;
            let encrypted = HandshakeStream::new(encrypted, Phase::Header(Header::default()));
            *lock(&self.encrypted) = Some(encrypted.clone());
            Ok(encrypted)
        })
    }
}

/// A stream on which tokio-postgres signs in, until it is taken back. It reads no byte beyond `ReadyForQuery`: the
/// next message of the server belongs to the next reader.
struct HandshakeStream<S>(Arc<Mutex<Option<Handshake<S>>>>);

struct Handshake<S> {
    stream: S,
    phase: Phase,
}

/// What the next bytes are.
#[derive(Debug, Clone, Copy)]
enum Phase {
    /// The one byte that responds to `SSLRequest`.
    SslResponse,
    /// No messages: TLS records, with the messages on a stream of their own, or a cancel request.
    Unframed,
    Header(Header),
    /// So many bytes of a message.
    Body {
        remaining: usize,
        is_last: bool,
    },
    /// `ReadyForQuery` was read.
    Ended,
}

/// The type and the length of a message, as far as they were read.
#[derive(Debug, Clone, Copy, Default)]
struct Header {
    bytes: [u8; 5],
    length: usize,
}

impl Phase {
    fn first(config: &Config) -> Self {
        match (config.get_ssl_mode(), config.get_ssl_negotiation()) {
            (SslMode::Disable, _) => Self::Header(Header::default()),
            (_, SslNegotiation::Direct) => Self::Unframed,
            _ => Self::SslResponse,
        }
    }

    /// How many bytes may be read at once.
    fn limit(&self) -> usize {
        match self {
            Self::SslResponse => 1,
            Self::Unframed => usize::MAX,
            Self::Header(header) => header.bytes.len() - header.length,
            Self::Body { remaining, .. } => *remaining,
            Self::Ended => 0,
        }
    }

    /// The phase after these bytes, which are not more than [`limit`](Self::limit).
    fn advance(self, read: &[u8]) -> Self {
        match self {
            Self::SslResponse if read == b"S" => Self::Unframed,
            Self::SslResponse if read.is_empty() => self,
            Self::SslResponse => Self::Header(Header::default()),
            Self::Unframed | Self::Ended => self,
            Self::Header(mut header) => {
                let end = header.length + read.len();
                header.bytes[header.length..end].copy_from_slice(read);
                header.length = end;
                if end < header.bytes.len() {
                    return Self::Header(header);
                }
                let [kind, length @ ..] = header.bytes;
                // The length counts itself. One that is too short is tokio-postgres' to report.
                let remaining = u32::from_be_bytes(length).saturating_sub(4);
                let remaining = usize::try_from(remaining).unwrap_or(usize::MAX);
                Self::Body { remaining, is_last: kind == b'Z' }.next_if_complete()
            }
            Self::Body { remaining, is_last } => {
                Self::Body { remaining: remaining - read.len(), is_last }.next_if_complete()
            }
        }
    }

    fn next_if_complete(self) -> Self {
        match self {
            Self::Body { remaining: 0, is_last: true } => Self::Ended,
            Self::Body { remaining: 0, is_last: false } => Self::Header(Header::default()),
            phase => phase,
        }
    }
}

impl<S> Clone for HandshakeStream<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: Unpin> HandshakeStream<S> {
    fn new(stream: S, phase: Phase) -> Self {
        Self(Arc::new(Mutex::new(Some(Handshake { stream, phase }))))
    }

    fn take_back(&self) -> Option<S> {
        lock(&self.0).take().map(|handshake| handshake.stream)
    }

    fn with<T>(
        &self,
        work: impl FnOnce(Pin<&mut S>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        match lock(&self.0).as_mut() {
            Some(handshake) => work(Pin::new(&mut handshake.stream)),
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S: AsyncRead + Unpin> AsyncRead for HandshakeStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut guard = lock(&self.0);
        let Some(Handshake { stream, phase }) = guard.as_mut() else {
            return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
        };
        let limit = phase.limit().min(buffer.remaining());
        let mut part = ReadBuf::new(buffer.initialize_unfilled_to(limit));
        ready!(Pin::new(stream).poll_read(context, &mut part))?;
        if matches!(phase, Phase::SslResponse) && !matches!(part.filled(), b"S" | b"N" | b"") {
            // Also an error of the server: before TLS anybody may have sent it (CVE-2024-10977).
            let text =
                "the response to SSLRequest is neither S nor N: is this a PostgreSQL server?";
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, text)));
        }
        *phase = phase.advance(part.filled());
        let read = part.filled().len();
        buffer.advance(read);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for HandshakeStream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.with(|stream| stream.poll_write(context, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_shutdown(context))
    }
}

impl<S: TlsStream + Unpin> TlsStream for HandshakeStream<S> {
    fn channel_binding(&self) -> ChannelBinding {
        match &*lock(&self.0) {
            Some(handshake) => handshake.stream.channel_binding(),
            None => ChannelBinding::none(),
        }
    }
}

/// Where one connection leads.
#[derive(Debug, Clone)]
enum Address {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// Cancels the statement that runs on one connection (PostgreSQL, "Canceling Requests in Progress").
#[derive(Clone)]
pub(crate) struct Canceller {
    token: CancelToken,
    address: Address,
    name: Box<str>,
    tls: MakeRustlsConnect,
}

impl fmt::Debug for Canceller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Canceller({:?})", self.address)
    }
}

impl Canceller {
    /// Resolves when the server has signalled the connection's backend: it closes the canceling connection
    /// afterwards. A later statement is not affected then.
    pub async fn cancel(self, within: Duration) -> Result<(), ConnectError> {
        let deadline = Instant::now() + within;
        let cancelling = async {
            match self.address.clone() {
                Address::Tcp(address) => self.cancel_on(TcpStream::connect(address).await?).await,
                Address::Unix(path) => self.cancel_on(UnixStream::connect(path).await?).await,
            }
        };
        timeout_at(deadline, cancelling).await.map_err(io::Error::from)?
    }

    async fn cancel_on<S: Stream + 'static>(&self, socket: S) -> Result<(), ConnectError> {
        let socket = HandshakeStream::new(socket, Phase::Unframed);
        let tls = MakeTlsConnect::<HandshakeStream<S>>::make_tls_connect(
            &mut self.tls.clone(),
            &self.name,
        );
        let tls = tls.map_err(|error| ConnectError::Tls(error.into()))?;
        self.token.cancel_query_raw(socket.clone(), tls).await?;
        // The server sends no response; a reset is an end, too.
        let mut socket =
            socket.take_back().ok_or(io::ErrorKind::NotConnected).map_err(io::Error::from)?;
        let mut rest = [0; 64];
        while socket.read(&mut rest).await.is_ok_and(|read| read > 0) {}
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds bytes by as many as the phase allows, and returns how many were taken.
    fn taken(mut phase: Phase, bytes: &[u8]) -> usize {
        let mut taken = 0;
        while taken < bytes.len() && phase.limit() > 0 {
            let end = bytes.len().min(taken.saturating_add(phase.limit()));
            phase = phase.advance(&bytes[taken..end]);
            taken = end;
        }
        taken
    }

    #[test]
    fn handshake_takes_no_byte_beyond_ready_for_query() {
        let handshake = b"R\0\0\0\x08\0\0\0\0K\0\0\0\x0c12345678Z\0\0\0\x05I";
        let later = b"N\0\0\0\x04";
        let all = [&handshake[..], later].concat();
        assert_eq!(taken(Phase::Header(Header::default()), &all), handshake.len());
        let refused = [&b"N"[..], &all].concat();
        assert_eq!(taken(Phase::SslResponse, &refused), 1 + handshake.len());
    }

    #[test]
    fn encrypted_bytes_are_passed_on_unread() {
        let records = b"Sany bytes Z\0\0\0\x05I and more";
        assert_eq!(taken(Phase::SslResponse, records), records.len());
    }
}
