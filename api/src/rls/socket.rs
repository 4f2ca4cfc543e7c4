//! A socket to the server, on which the service's login is signed in.
//!
//! TLS and signing in are tokio-postgres's. What is said afterwards is not, see `wire.rs`: so it is lent
//! the socket, and gives it back.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, UnixStream, lookup_host},
    time::timeout,
};
use tokio_postgres::{
    Config,
    config::Host,
    tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{error::sqlx_error, tls::Target};

const PORT: u16 = 5432;

pub trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for S {}

pub type Socket = Box<dyn Stream>;

type Rustls<S> = <MakeRustlsConnect as MakeTlsConnect<Lent<S>>>::TlsConnect;
type Secured<S> = <MakeRustlsConnect as MakeTlsConnect<Lent<S>>>::Stream;

/// One of the hosts that a URL names.
pub struct Address<'a> {
    host: &'a Host,
    port: u16,
}

/// In the order of the URL.
pub fn addresses(config: &Config) -> impl Iterator<Item = Address<'_>> {
    let ports = config.get_ports();
    config.get_hosts().iter().enumerate().map(|(index, host)| {
        let port = ports.get(index).or(ports.first()).copied().unwrap_or(PORT);
        Address { host, port }
    })
}

/// What each of several gets of a time.
pub fn share(time: Duration, of: usize) -> Duration {
    time / u32::try_from(of).unwrap_or(u32::MAX).max(1)
}

/// Connects to one host, and signs in.
pub async fn open(
    target: &Target,
    address: &Address<'_>,
    within: Duration,
) -> Result<Socket, sqlx::Error> {
    match address.host {
        Host::Tcp(name) => {
            let socket = connect(&target.config, name, address.port, within).await?;
            sign_in(target, name, socket).await
        }
        Host::Unix(folder) => {
            let path = folder.join(format!(".s.PGSQL.{}", address.port));
            sign_in(target, "", UnixStream::connect(path).await?).await
        }
    }
}

/// A name may have addresses that swallow what is sent to them: the last one must have its turn, too.
async fn connect(
    config: &Config,
    name: &str,
    port: u16,
    within: Duration,
) -> io::Result<TcpStream> {
    let mut failure = io::Error::new(io::ErrorKind::NotFound, format!("{name} has no address"));
    let addresses: Vec<_> = lookup_host((name, port)).await?.collect();
    let patience = share(within * 9 / 10, addresses.len());
    for address in addresses {
        match timeout(patience, TcpStream::connect(address)).await {
            Ok(Ok(socket)) => {
                set_options(&socket, config)?;
                return Ok(socket);
            }
            Ok(Err(error)) => failure = error,
            Err(late) => failure = late.into(),
        }
    }
    Err(failure)
}

async fn sign_in<S: Stream + 'static>(
    target: &Target,
    name: &str,
    socket: S,
) -> Result<Socket, sqlx::Error> {
    let plain = Lent::new(socket);
    let secured = Arc::default();
    let rustls = MakeTlsConnect::<Lent<S>>::make_tls_connect(&mut target.tls.clone(), name);
    let rustls = rustls.map_err(|error| sqlx::Error::Tls(error.into()))?;
    let tls = Tls { rustls, secured: Arc::clone(&secured) };
    let signed_in = target.config.connect_raw(plain.clone(), tls).await;
    drop(signed_in.map_err(sqlx_error)?);
    let secured: Option<Lent<Secured<S>>> = lock(&secured).take();
    let socket = match secured {
        Some(secured) => secured.take_back().map(|socket| Box::new(socket) as Socket),
        None => plain.take_back().map(|socket| Box::new(socket) as Socket),
    };
    socket.ok_or_else(|| sqlx::Error::Io(io::ErrorKind::NotConnected.into()))
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

/// TLS on a lent socket. What comes of it is kept for us, too.
struct Tls<S: Stream + 'static> {
    rustls: Rustls<S>,
    secured: Arc<Mutex<Option<Lent<Secured<S>>>>>,
}

impl<S: Stream + 'static> TlsConnect<Lent<S>> for Tls<S> {
    type Stream = Lent<Secured<S>>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Lent<Secured<S>>>> + Send>>;

    fn connect(self, socket: Lent<S>) -> Self::Future {
        Box::pin(async move {
            let secured = Lent::new(self.rustls.connect(socket).await?);
            *lock(&self.secured) = Some(secured.clone());
            Ok(secured)
        })
    }
}

/// A stream that others may use until it is taken back.
struct Lent<S>(Arc<Mutex<Option<S>>>);

impl<S> Clone for Lent<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: Unpin> Lent<S> {
    fn new(stream: S) -> Self {
        Self(Arc::new(Mutex::new(Some(stream))))
    }

    fn take_back(&self) -> Option<S> {
        lock(&self.0).take()
    }

    fn with<T>(
        &self,
        work: impl FnOnce(Pin<&mut S>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        match lock(&self.0).as_mut() {
            Some(stream) => work(Pin::new(stream)),
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S: AsyncRead + Unpin> AsyncRead for Lent<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_read(context, buffer))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Lent<S> {
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

impl<S: TlsStream + Unpin> TlsStream for Lent<S> {
    fn channel_binding(&self) -> ChannelBinding {
        match &*lock(&self.0) {
            Some(stream) => stream.channel_binding(),
            None => ChannelBinding::none(),
        }
    }
}
