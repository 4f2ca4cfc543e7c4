//! `Host`: one of HTTP/1.1, and a known one for pages of developers.

use clock::Clock;

use super::exchange;
use crate::support::app::TestApp;

#[tokio::test]
async fn missing_or_double_host_is_400() {
    let app = TestApp::start().await;
    for (head, status) in [
        ("GET /livez HTTP/1.1\r\nhost: localhost\r\n", 200),
        ("GET /livez HTTP/1.1\r\nhost: [::1]:3000\r\n", 200),
        ("GET /livez HTTP/1.0\r\n", 200),
        ("GET /livez HTTP/1.1\r\n", 400),
        ("GET /livez HTTP/1.1\r\nhost: localhost\r\nhost: localhost\r\n", 400),
        ("GET /livez HTTP/1.1\r\nhost: localhost\r\nHost: evil.example\r\n", 400),
        ("GET /livez HTTP/1.1\r\nhost: local host\r\n", 400),
        ("GET /livez HTTP/1.1\r\nhost: me@localhost\r\n", 400),
        ("GET /livez HTTP/1.1\r\nhost: localhost/x\r\n", 400),
        ("POST /graphql HTTP/1.1\r\ncontent-length: 2\r\n", 400),
    ] {
        let response = exchange(&app, format!("{head}\r\n").as_bytes()).await;
        assert_eq!(response.status, status, "{head}");
        if status == 400 {
            assert_eq!(response.all("connection"), ["close"], "{head}");
        }
    }
}

#[tokio::test]
async fn only_known_hosts_reach_developers_pages() {
    let vars = [
        ("API_DOMAIN", "http://api.dev.example:4000"),
        ("WEBSITE_DOMAIN", "http://dev.example:4001"),
    ];
    let app = TestApp::start_with(&vars, Clock::system()).await;
    for path in ["/dev/mail", "/dev/mail/1", "/graphiql", "/graphiql/assets/x.js"] {
        let is_refused = async |host: &str| {
            let request =
                format!("GET {path} HTTP/1.1\r\nhost: {host}\r\naccept: text/html\r\n\r\n");
            exchange(&app, request.as_bytes()).await.status == 421
        };
        for host in [
            "localhost",
            "localhost:9999",
            "LOCALHOST.",
            "127.0.0.1:3000",
            "[::1]:3000",
            "api.dev.example:4000",
            "dev.example",
        ] {
            assert!(!is_refused(host).await, "{path} {host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "evil.example:3000",
            "x.dev.example",
            "127.0.0.1.nip.io",
            "127.0.0.2",
            "[::2]",
            "",
        ] {
            assert!(is_refused(host).await, "{path} {host}");
        }
        // The target's host counts, too.
        let absolute = format!("GET http://evil.example{path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        assert_eq!(exchange(&app, absolute.as_bytes()).await.status, 421, "{path}");
    }
    // The service itself is for every host: proxies name their own.
    let other = b"GET /livez HTTP/1.1\r\nhost: evil.example\r\n\r\n";
    assert_eq!(exchange(&app, other).await.status, 200);
}
