//! A proxy of TCP that can be slow, silent or cut, and lead elsewhere: what a network does to a service.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    runtime::{self, Runtime},
    sync::watch,
    time::sleep,
};
use url::Url;

/// What becomes of the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Open,
    /// Each piece comes later by this, in both directions.
    Slow(Duration),
    /// They are kept, and nobody is told: as where a cable is cut.
    Silent,
    /// Connections end, and new ones end at once: as where a process has died.
    Cut,
}

#[derive(Debug, Clone)]
struct Route {
    way: Way,
    server: SocketAddr,
    /// Another number: connections of before end.
    generation: usize,
}

/// Stops with this value.
pub struct Proxy {
    address: SocketAddr,
    route: Arc<watch::Sender<Route>>,
    taken: Arc<AtomicUsize>,
    forwarded: Arc<AtomicUsize>,
    /// Its own: it goes on, and closes what it has open, while the test waits for its database to be
    /// dropped.
    runtime: Option<Runtime>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Proxy {
    /// Leads to the host and port of `url`.
    pub async fn before(url: &str) -> Self {
        let runtime = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let listening = runtime.spawn(TcpListener::bind("127.0.0.1:0"));
        let listener = listening.await.expect("no panic").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let route = Route { way: Way::Open, server: server(url).await, generation: 0 };
        let route = Arc::new(watch::Sender::new(route));
        let taken = Arc::new(AtomicUsize::new(0));
        let forwarded = Arc::new(AtomicUsize::new(0));
        let (routes, count) = (Arc::clone(&route), Arc::clone(&taken));
        let pieces = Arc::clone(&forwarded);
        runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(carry(client, routes.subscribe(), Arc::clone(&pieces)));
            }
        });
        Self { address, route, taken, forwarded, runtime: Some(runtime) }
    }

    /// The same URL through the proxy.
    pub fn on(&self, url: &str) -> String {
        let mut url = Url::parse(url).expect("a URL");
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(self.address.port())).expect("a port");
        url.into()
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn set(&self, way: Way) {
        self.route.send_modify(|route| {
            route.way = way;
            route.generation += usize::from(way == Way::Cut);
        });
    }

    /// From now on to the host and port of `url`; connections of before end.
    pub async fn lead_to(&self, url: &str) {
        let server = server(url).await;
        self.route.send_modify(|route| {
            *route = Route { way: Way::Open, server, generation: route.generation + 1 };
        });
    }

    /// How many pieces of bytes were forwarded so far, in both directions. A request and its response are two.
    pub fn forwarded(&self) -> usize {
        self.forwarded.load(Ordering::SeqCst)
    }

    /// How many have connected so far.
    pub fn taken(&self) -> usize {
        self.taken.load(Ordering::SeqCst)
    }
}

async fn server(url: &str) -> SocketAddr {
    let url = Url::parse(url).expect("a URL");
    let host = url.host_str().expect("a host").to_owned();
    let port = url.port_or_known_default().unwrap_or(5432);
    let mut addresses = tokio::net::lookup_host((host, port)).await.expect("an address");
    addresses.next().expect("an address")
}

/// One connection, for as long as its way is there.
async fn carry(
    client: TcpStream,
    route: watch::Receiver<Route>,
    forwarded: Arc<AtomicUsize>,
) -> io::Result<()> {
    let Route { way, server, generation } = route.borrow().clone();
    if way == Way::Cut {
        return Ok(());
    }
    let server = TcpStream::connect(server).await?;
    server.set_nodelay(true)?;
    client.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let mut ending = route.clone();
    tokio::select! {
        ended = pump(from_client, to_server, route.clone(), &forwarded) => ended,
        ended = pump(from_server, to_client, route, &forwarded) => ended,
        _ = ending.wait_for(|route| route.generation != generation) => Ok(()),
    }
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut route: watch::Receiver<Route>,
    forwarded: &AtomicUsize,
) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        // An error is the end of the proxy.
        let Ok(way) = route.wait_for(|route| route.way != Way::Silent).await.map(|at| at.way)
        else {
            return Ok(());
        };
        if let Way::Slow(delay) = way {
            sleep(delay).await;
        }
        to.write_all(&buffer[..length]).await?;
        forwarded.fetch_add(1, Ordering::SeqCst);
    }
}
