//! Servers that respond to the request for TLS with something else.

use pg_scope::{Error, Options, Pool};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::read_as;

/// The error of a pool whose server responds to `SSLRequest` with these bytes.
async fn error_after(response: &'static [u8], mode: &str) -> Error {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let server = tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = [0; 8];
            if socket.read_exact(&mut request).await.is_ok() {
                let _ = socket.write_all(response).await;
            }
            // The client closes.
            let mut rest = Vec::new();
            let _ = socket.read_to_end(&mut rest).await;
        }
    });
    let url = format!("postgres://user@127.0.0.1:{port}/database?sslmode={mode}");
    let pool = Pool::new(Options::from_url(&url).expect("a URL").max_connections(1));
    let error = pool.begin(read_as("ada")).await.expect_err("an error");
    server.abort();
    error
}

#[tokio::test]
async fn bytes_before_tls_are_a_protocol_error_and_not_shown() {
    for mode in ["prefer", "require"] {
        for response in [&b"E\0\0\0\x2cSFATAL\0C28000\0Mcall 0123 to sign in\0\0"[..], b"H", b"\0"]
        {
            let error = error_after(response, mode).await.to_string();
            assert!(error.contains("neither S nor N"), "{error}");
            assert!(!error.contains("0123"), "{error}");
        }
    }
}
