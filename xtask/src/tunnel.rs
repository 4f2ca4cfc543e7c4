//! `cargo xtask dev --tunnel`: lets Neon fetch the keys of a service on this machine. What passes is one path.

use std::{
    env,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    thread,
};

use anyhow::Result;

use crate::{child::Running, environment, programs, workspace::Profile};

const SERVER: &str = "https://localtunnel.me";
const HOST: &str = "TUNNEL_HOST";

/// Open until it is dropped; what it tells is printed as it comes.
#[must_use]
pub struct Tunnel(#[expect(dead_code, reason = "held for its end")] Running);

impl Tunnel {
    /// To the service on this port of the loopback interface.
    pub fn open(port: u16) -> Result<Self> {
        let mut tunnel = Command::new(programs::path("tunnel", Profile::Dev));
        environment::restrict(&mut tunnel);
        tunnel
            .args(["--server", &server(env::var(HOST).ok())])
            .args(["--service", &format!("http://127.0.0.1:{port}")])
            // It ends with this pipe, even when we are killed.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut running = Running::spawn(&mut tunnel)?;
        if let Some(urls) = running.child.stdout.take() {
            thread::spawn(move || {
                for url in BufReader::new(urls).lines().map_while(Result::ok) {
                    println!(
                        "\n  Public JWKS {url}\n              the JWKS URL for Neon's console\n"
                    );
                }
            });
        }
        Ok(Self(running))
    }
}

/// The URL of the server. A host alone is taken to speak https.
fn server(given: Option<String>) -> String {
    match given.filter(|given| !given.is_empty()) {
        None => SERVER.to_owned(),
        Some(url) if url.contains("://") => url,
        Some(host) => format!("https://{host}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_may_be_ones_own() {
        let of = |given: &str| server(Some(given.to_owned()));
        assert_eq!(of("http://127.0.0.1:4000"), "http://127.0.0.1:4000");
        assert_eq!(of("tunnel.example.com"), "https://tunnel.example.com");
        assert_eq!([of(""), server(None)], [SERVER, SERVER]);
    }
}
