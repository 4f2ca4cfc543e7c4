//! HTTP itself: files, hosts, limits and headers, on a connection of the test's own.

mod files;
mod headers;
mod hosts;
mod limits;

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::support::app::TestApp;

/// A response as it came.
struct Raw {
    status: u16,
    head: String,
}

impl Raw {
    /// The values of a header.
    fn all(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .filter(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .collect()
    }
}

/// The response to `request`, whose connection is not used again.
async fn exchange(app: &TestApp, request: &[u8]) -> Raw {
    let address = app.url.strip_prefix("http://").expect("plain HTTP");
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    // It may respond before it has read everything.
    let _ = stream.write_all(request).await;
    let mut response = Vec::new();
    let reading = async {
        let mut buffer = [0; 4096];
        while !response.windows(4).any(|part| part == b"\r\n\r\n") {
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => break,
                Ok(read) => response.extend_from_slice(&buffer[..read]),
            }
        }
    };
    timeout(Duration::from_secs(30), reading).await.expect("a response");
    let text = String::from_utf8_lossy(&response).into_owned();
    let status = text.get(9..12).and_then(|status| status.parse().ok());
    let head = text.split("\r\n\r\n").next().unwrap_or_default().to_owned();
    Raw { status: status.unwrap_or_else(|| panic!("no status: {text}")), head }
}
