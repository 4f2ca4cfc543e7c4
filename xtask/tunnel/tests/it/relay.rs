//! What may be asked through the tunnel, byte by byte.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    time::Duration,
};

use tunnel::Relay;
use url::Url;

use crate::support::{KEYS, Service};

const PATIENCE: Duration = Duration::from_secs(30);

/// What is answered to these bytes, up to the end of the connection.
async fn say(relay: &Relay, bytes: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let stream = TcpStream::connect(listener.local_addr().expect("an address")).expect("a socket");
    stream.set_nonblocking(true).expect("a socket");
    let stream = tokio::net::TcpStream::from_std(stream).expect("a runtime");
    let (mut tunnel, _) = listener.accept().expect("a socket");
    let bytes = bytes.to_owned();
    let said = tokio::task::spawn_blocking(move || {
        tunnel.set_read_timeout(Some(PATIENCE)).expect("a socket");
        tunnel.write_all(bytes.as_bytes()).expect("it is heard");
        tunnel.shutdown(Shutdown::Write).expect("a socket");
        let mut said = String::new();
        // A connection that is refused in the middle of a request may be reset.
        tunnel.read_to_string(&mut said).ok();
        said
    });
    relay.serve(stream).await.ok();
    said.await.expect("no panic")
}

fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: calm-owl-7.tunnel.localhost\r\n\r\n")
}

#[tokio::test]
async fn the_keys_are_handed_out_and_nothing_else() {
    let service = Service::start().await;
    let relay = Relay::new(&service.url).unwrap();
    for target in [
        "/",
        "/graphql",
        "/auth/signin",
        "/auth/jwt/jwks.json/",
        "/auth/jwt/jwks.json?rid=1",
        "//auth/jwt/jwks.json",
        "/auth/jwt/../jwt/jwks.json",
        "/auth/jwt/%6awks.json",
        "/auth/jwt/jwks.json%2f..%2f..%2fdashboard",
        "*",
    ] {
        let said = say(&relay, &get(target)).await;
        assert!(
            said.starts_with("HTTP/1.1 404 ") || said.starts_with("HTTP/1.1 400 "),
            "{target}: {said}"
        );
        assert!(!said.contains("keys"), "{target}: {said}");
    }
    for method in ["POST", "HEAD", "OPTIONS", "DELETE", "CONNECT", "get"] {
        let said = say(&relay, &get("/auth/jwt/jwks.json").replacen("GET", method, 1)).await;
        assert!(said.starts_with("HTTP/1.1 4"), "{method}: {said}");
    }
    assert_eq!(service.asked(), [""; 0], "the service heard of it");

    let said = say(&relay, &get("/auth/jwt/jwks.json")).await;
    assert!(said.starts_with("HTTP/1.1 200 OK\r\n") && said.ends_with(KEYS), "{said}");
    assert!(said.contains("content-type: application/json; charset=utf-8\r\n"), "{said}");
    assert_eq!(service.asked().len(), 1);
}

#[tokio::test]
async fn nothing_of_a_request_reaches_the_service() {
    let service = Service::start().await;
    let relay = Relay::new(&service.url).unwrap();
    let request = "GET http://elsewhere.example/auth/jwt/jwks.json HTTP/1.1\r\n\
                   Host: elsewhere.example\r\nCookie: sAccessToken=stolen\r\nX-Forwarded-For: 10.0.0.1\r\n\
                   Authorization: Bearer stolen\r\nContent-Length: 6\r\n\r\nstolen";
    let said = say(&relay, request).await;
    assert!(said.ends_with(KEYS), "{said}");
    let asked = service.asked();
    assert_eq!(asked.len(), 1);
    for part in ["elsewhere", "stolen", "10.0.0.1", "content-length"] {
        assert!(!asked[0].contains(part), "{}", asked[0]);
    }
}

/// Lengths that contradict each other, and requests within requests: whoever is in front may read them in
/// another way than we do.
#[tokio::test]
async fn a_smuggled_request_is_never_passed_on() {
    let service = Service::start().await;
    let relay = Relay::new(&service.url).unwrap();
    let hidden = "POST /auth/signin HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";
    let start = "GET /auth/jwt/jwks.json HTTP/1.1\r\nHost: a\r\n";
    for request in [
        format!("{start}Content-Length: {}\r\n\r\n{hidden}", hidden.len()),
        format!("{start}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"),
        format!("{start}Content-Length: 0\r\nContent-Length: {}\r\n\r\n{hidden}", hidden.len()),
        format!("{start}Transfer-Encoding: xchunked\r\n\r\n{hidden}"),
        format!("{start}Transfer-Encoding : chunked\r\n\r\n{hidden}"),
        format!("{start}\r\n{hidden}{hidden}"),
        format!("{start}X: \n{hidden}\r\n"),
    ] {
        let said = say(&relay, &request).await;
        assert!(!said.contains("nobody may see"), "{request}: {said}");
    }
    let asked = service.asked();
    assert!(!asked.is_empty());
    let others = asked.iter().filter(|line| !line.starts_with("GET /auth/jwt/jwks.json "));
    assert_eq!(others.collect::<Vec<_>>(), [""; 0]);
}

#[tokio::test]
async fn a_service_without_keys_is_a_bad_gateway() {
    let too_long = Service::with_keys("k".repeat(64 * 1024 + 1)).await;
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for url in [too_long.url, Url::parse(&format!("http://{nobody}")).unwrap()] {
        let said = say(&Relay::new(&url).unwrap(), &get("/auth/jwt/jwks.json")).await;
        assert!(said.starts_with("HTTP/1.1 502 "), "{said}");
    }
}
