//! The connections over which a localtunnel server hands us requests. We make them, so that nothing here has to
//! be reached from outside.

use std::{convert::Infallible, time::Duration};

use anyhow::{Context as _, Result, bail};
use socket2::{SockRef, TcpKeepalive};
use tokio::{net::TcpStream, task::JoinSet, time};

use crate::{agreement::Agreement, relay::Relay};

const CONNECTED_WITHIN: Duration = Duration::from_secs(10);
/// A connection without a request may lie still for hours: routers forget such ones sooner.
const KEEPALIVE: Duration = Duration::from_secs(30);
/// A server closes what it has too many of, at once.
const BETWEEN: Duration = Duration::from_millis(200);

/// Until the server is no longer where it said.
pub async fn hold(agreement: &Agreement, relay: &Relay) -> Result<Infallible> {
    // Dropped with this future, all of them end.
    let mut connections = JoinSet::new();
    for _ in 0..agreement.connections {
        connections.spawn(connect_again_and_again(agreement.address.clone(), relay.clone()));
    }
    match connections.join_next().await {
        Some(ended) => ended.context("a connection failed")?,
        None => bail!("no connection was allowed"),
    }
}

async fn connect_again_and_again(address: (String, u16), relay: Relay) -> Result<Infallible> {
    loop {
        let stream = time::timeout(CONNECTED_WITHIN, TcpStream::connect(&address)).await;
        let stream = stream.context("nobody answers")??;
        let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE);
        SockRef::from(&stream).set_tcp_keepalive(&keepalive)?;
        // How one connection ends says nothing of the tunnel: what was wrong with it was answered.
        relay.serve(stream).await.ok();
        time::sleep(BETWEEN).await;
    }
}
