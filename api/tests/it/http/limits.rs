//! The documented limits of a request's head (docs/operations.md).

use super::exchange;
use crate::support::app::TestApp;

const LIMIT: usize = 64 * 1024;

/// A request whose line and headers are `size` bytes, in headers of at most `longest` bytes.
fn request(size: usize, longest: usize) -> Vec<u8> {
    let mut head = "GET /livez HTTP/1.1\r\nhost: localhost\r\n".to_owned();
    let mut number = 0;
    while head.len() + 2 < size {
        let rest = (size - head.len() - 2).min(longest);
        // What is left over is of the last one.
        let left = size - head.len() - 2 - rest;
        let rest = if left > 0 && left < 16 { rest - 16 } else { rest };
        let name = format!("x-{number:04}: ");
        head.extend([&name, &*"a".repeat(rest - name.len() - 2), "\r\n"]);
        number += 1;
    }
    head += "\r\n";
    assert_eq!(head.len(), size);
    head.into_bytes()
}

#[tokio::test]
async fn headers_have_the_documented_limit() {
    let app = TestApp::start().await;
    for longest in [LIMIT, 8 * 1024, 1024] {
        assert_eq!(exchange(&app, &request(LIMIT, longest)).await.status, 200, "{longest}");
        for more in [1, 100, 4096, 8192, LIMIT, 10 * LIMIT] {
            let response =
                exchange(&app, &request(LIMIT + more, longest.max(more / 64 + 64))).await;
            assert_eq!(response.status, 431, "{longest} {more}");
        }
    }
}

#[tokio::test]
async fn there_are_a_hundred_headers_at_most() {
    let app = TestApp::start().await;
    let request = |count: usize| {
        let headers = "x-one: 1\r\n".repeat(count - 1);
        format!("GET /livez HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n")
    };
    assert_eq!(exchange(&app, request(100).as_bytes()).await.status, 200);
    assert_eq!(exchange(&app, request(101).as_bytes()).await.status, 431);
}
