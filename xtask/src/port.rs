//! Ports of this machine: whether one is free, and one that is.

use std::{
    io::{Error, ErrorKind},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use anyhow::{Context, Result, bail};

/// What `localhost` may mean to a browser.
const LOCALHOST: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// Fails, with what to do, when something else listens on the port.
pub fn require_free(port: u16) -> Result<()> {
    for address in LOCALHOST.map(|ip| SocketAddr::new(ip, port)) {
        match taken(address) {
            Ok(false) => {}
            Ok(true) => bail!(
                "port {port} is taken by another program (at {address}): stop it, or choose another port with \
                 `--port {}`",
                port.checked_add(1).unwrap_or(3000)
            ),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot listen on port {port}"));
            }
        }
    }
    Ok(())
}

/// Whether somebody accepts connections at 127.0.0.1.
pub fn answers(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok()
}

/// A port of the loopback interface that nobody listens on.
pub fn free() -> Result<u16> {
    Ok(listen()?.local_addr()?.port())
}

/// Two of them.
pub fn two_free() -> Result<(u16, u16)> {
    // Held at one time, so that they differ.
    let (one, other) = (listen()?, listen()?);
    Ok((one.local_addr()?.port(), other.local_addr()?.port()))
}

fn listen() -> Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port on 127.0.0.1")
}

/// Some systems let one listen beside a program that listens on all addresses: hence the second look.
fn taken(address: SocketAddr) -> Result<bool, Error> {
    match TcpListener::bind(address) {
        Ok(listener) => drop(listener),
        Err(error) if error.kind() == ErrorKind::AddrInUse => return Ok(true),
        // A machine without IPv6 has nobody there.
        Err(_) if address.is_ipv6() => return Ok(false),
        Err(error) => return Err(error),
    }
    Ok(TcpStream::connect_timeout(&address, Duration::from_millis(500)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_taken_by_whoever_listens_on_either_loopback_address() {
        for ip in LOCALHOST {
            // Where there is no IPv6, nobody can listen on it.
            let Ok(listener) = TcpListener::bind((ip, 0)) else { continue };
            let port = listener.local_addr().unwrap().port();
            let error = require_free(port).unwrap_err().to_string();
            assert!(error.contains(&format!("--port {}", port + 1)), "{error}");
            drop(listener);
            require_free(port).unwrap();
        }
    }
}
