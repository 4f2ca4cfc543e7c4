//! A mail server on loopback.

use std::{
    collections::VecDeque,
    io,
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use mailin_embedded::{Handler, Response, Server, SslConfig, response};
use tokio::time::{Instant, sleep};

const PATIENCE: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(5);

pub struct MailServer {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    mails: Vec<Received>,
    /// Answers to the next mails; then all are taken.
    refusals: VecDeque<u16>,
    /// Whether mails wait to be taken.
    is_held: bool,
}

/// A mail as it came; without content if it was not taken.
#[derive(Debug, Clone, Default)]
pub struct Received {
    pub from: String,
    pub to: Vec<String>,
    content: String,
    pub taken: bool,
}

impl MailServer {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Mutex::new(Shared::default()));
        let mut server =
            Server::new(Session { shared: Arc::clone(&shared), mail: Received::default() });
        server.with_ssl(SslConfig::None).expect("no TLS");
        server.with_num_threads(32).with_tcp_listener(listener);
        // It has no end: its thread ends with the process.
        thread::spawn(move || server.serve().expect("the mail server serves"));
        Self { address, shared }
    }

    /// For `SMTP_URL`.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    pub fn refuse_with(&self, codes: &[u16]) {
        lock(&self.shared).refusals.extend(codes);
    }

    /// From now on no mail is taken.
    pub fn hold(&self) {
        lock(&self.shared).is_held = true;
    }

    /// Takes the mails that were held.
    pub fn release(&self) {
        lock(&self.shared).is_held = false;
    }

    pub fn mails(&self) -> Vec<Received> {
        lock(&self.shared).mails.clone()
    }

    /// Waits for so many mails, taken or not.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        let deadline = Instant::now() + PATIENCE;
        while self.mails().len() < count {
            assert!(Instant::now() < deadline, "only {:?} came", self.mails());
            sleep(Duration::from_millis(20)).await;
        }
        self.mails()
    }
}

impl Received {
    /// The content, with its lines as they were before they were folded (RFC 2045, 6.7).
    pub fn content(&self) -> String {
        self.content.replace("=\r\n", "").replace("=3D", "=").replace("\r\n", "\n")
    }

    pub fn header(&self, name: &str) -> String {
        let content = self.content();
        let start = format!("{name}: ");
        let line = content.lines().find_map(|line| line.strip_prefix(&start));
        line.unwrap_or_else(|| panic!("no {name} in {content}")).to_owned()
    }

    /// The token of the link.
    pub fn token(&self) -> String {
        let content = self.content();
        let (_, rest) = content.split_once("?token=").expect("a link");
        rest.split_once('&').expect("a tenant").0.to_owned()
    }
}

#[derive(Clone)]
struct Session {
    shared: Arc<Mutex<Shared>>,
    mail: Received,
}

impl Handler for Session {
    fn data_start(&mut self, _: &str, from: &str, _: bool, to: &[String]) -> Response {
        self.mail = Received { from: from.to_owned(), to: to.to_vec(), ..Received::default() };
        // Here and not at the end of the data: after a refusal there this server takes what
        // follows for more data.
        let mut shared = lock(&self.shared);
        let Some(code) = shared.refusals.pop_front() else {
            return response::OK;
        };
        shared.mails.push(self.mail.clone());
        Response::custom(code, "not now".into())
    }

    fn data(&mut self, line: &[u8]) -> io::Result<()> {
        self.mail.content.push_str(&String::from_utf8_lossy(line));
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        while lock(&self.shared).is_held {
            thread::sleep(POLL);
        }
        let mail = Received { taken: true, ..self.mail.clone() };
        lock(&self.shared).mails.push(mail);
        response::OK
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
