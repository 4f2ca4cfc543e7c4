//! `api healthcheck`: whether the service is ready, for containers that have no other program.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};

use crate::config::Config;

/// Shorter than those wait who ask.
const WITHIN: Duration = Duration::from_secs(4);

pub async fn run(config: &Config) -> Result<()> {
    let address = SocketAddr::new(reachable(config.host), config.port);
    let client = reqwest::Client::builder().no_proxy().timeout(WITHIN).build()?;
    let answer = client.get(format!("http://{address}/readyz")).send().await;
    let answer = answer.with_context(|| format!("nothing answers at {address}"))?;
    let status = answer.status();
    let words = answer.text().await.unwrap_or_default();
    if !status.is_success() {
        bail!("the service at {address} is not ready: {words}");
    }
    println!("{words}");
    Ok(())
}

/// Who listens on every address is asked on this machine's own.
fn reachable(host: IpAddr) -> IpAddr {
    match host {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    }
}
