//! A server that sends prepared bytes (PostgreSQL, "Message Formats").

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// What the server does after a Sync.
pub enum Response {
    Send(Vec<u8>),
    /// Sends the bytes one by one, each in a packet of its own.
    SendSlowly(Vec<u8>),
    SendAndClose(Vec<u8>),
    /// Sends, and sends the second part when so many cancel requests have arrived.
    SendAfterCancels(usize, Vec<u8>, Vec<u8>),
}

#[derive(Default)]
struct Seen {
    responses: VecDeque<Response>,
    connections: usize,
    cancels: usize,
    closes_after_handshake: bool,
    /// How long to wait before each megabyte of a message is read.
    read_delay: Duration,
    /// For each Sync, the SQL texts of its Parse messages and the names that its Close messages close.
    batches: Vec<Vec<String>>,
}

#[derive(Clone)]
pub struct Server {
    seen: Arc<Mutex<Seen>>,
    canceled: Arc<tokio::sync::Notify>,
    url: String,
}

impl Server {
    /// Responds to the batches of all connections in this order.
    pub async fn start(responses: impl IntoIterator<Item = Response>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let seen = Seen { responses: responses.into_iter().collect(), ..Seen::default() };
        let server = Self {
            seen: Arc::new(Mutex::new(seen)),
            canceled: Arc::default(),
            url: format!("postgres://user@127.0.0.1:{port}/database?sslmode=disable"),
        };
        let accepting = server.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(accepting.clone().serve(socket));
            }
        });
        server
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn close_after_handshake(&self) {
        self.lock().closes_after_handshake = true;
    }

    pub fn read_slowly(&self, delay: Duration) {
        self.lock().read_delay = delay;
    }

    pub fn connections(&self) -> usize {
        self.lock().connections
    }

    pub fn cancels(&self) -> usize {
        self.lock().cancels
    }

    pub fn batches(&self) -> Vec<Vec<String>> {
        self.lock().batches.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn serve(self, mut socket: TcpStream) -> Option<()> {
        const CANCEL_REQUEST: [u8; 4] = 80_877_102_u32.to_be_bytes();
        socket.set_nodelay(true).ok()?;
        let startup = read_body(&mut socket).await?;
        if startup.starts_with(&CANCEL_REQUEST) {
            self.lock().cancels += 1;
            self.canceled.notify_one();
            return Some(());
        }
        self.lock().connections += 1;
        socket.write_all(&handshake()).await.ok()?;
        if self.lock().closes_after_handshake {
            return Some(());
        }
        let mut batch = Vec::new();
        loop {
            let kind = socket.read_u8().await.ok()?;
            let delay = self.lock().read_delay;
            let body = read_slowly(&mut socket, delay).await?;
            let text = |skip: usize| {
                let mut texts = body[skip..].split(|byte| *byte == 0);
                texts.next().map(String::from_utf8_lossy).unwrap_or_default().into_owned()
            };
            match kind {
                // The name, the SQL text.
                b'P' => batch.push(text(text(0).len() + 1)),
                b'C' => batch.push(format!("close {}", text(1))),
                b'X' => return Some(()),
                b'S' => {
                    let response = {
                        let mut seen = self.lock();
                        seen.batches.push(std::mem::take(&mut batch));
                        seen.responses.pop_front().expect("a response for each batch")
                    };
                    match response {
                        Response::Send(bytes) => socket.write_all(&bytes).await.ok()?,
                        Response::SendSlowly(bytes) => {
                            for byte in bytes {
                                socket.write_all(&[byte]).await.ok()?;
                                tokio::task::yield_now().await;
                            }
                        }
                        Response::SendAndClose(bytes) => {
                            socket.write_all(&bytes).await.ok()?;
                            return Some(());
                        }
                        Response::SendAfterCancels(cancels, first, second) => {
                            socket.write_all(&first).await.ok()?;
                            for _ in 0..cancels {
                                self.canceled.notified().await;
                            }
                            socket.write_all(&second).await.ok()?;
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

/// A message without its type: the body behind the length.
pub async fn read_body(socket: &mut TcpStream) -> Option<Vec<u8>> {
    read_slowly(socket, Duration::ZERO).await
}

/// The same, with a delay before each megabyte but the first.
async fn read_slowly(socket: &mut TcpStream, delay: Duration) -> Option<Vec<u8>> {
    let length = usize::try_from(socket.read_u32().await.ok()?).ok()?;
    let mut body = vec![0; length - 4];
    for (index, part) in body.chunks_mut(1024 * 1024).enumerate() {
        if index > 0 {
            tokio::time::sleep(delay).await;
        }
        socket.read_exact(part).await.ok()?;
    }
    Some(body)
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).expect("a short message");
    [&[kind][..], &length.to_be_bytes(), body].concat()
}

pub fn handshake() -> Vec<u8> {
    [message(b'R', &[0; 4]), message(b'K', &[0, 0, 0, 1, 0, 0, 0, 2]), ready(b'I')].concat()
}

pub fn ready(status: u8) -> Vec<u8> {
    message(b'Z', &[status])
}

/// Fields of a notice or an error.
fn fields(severity: &str, code: &str, text: &str, routine: &str) -> Vec<u8> {
    format!("S{severity}\0V{severity}\0C{code}\0M{text}\0Hhint\0R{routine}\0\0").into_bytes()
}

pub fn error(code: &str, text: &str) -> Vec<u8> {
    message(b'E', &fields("ERROR", code, text, "somewhere"))
}

pub fn stale_plan() -> Vec<u8> {
    let text = "cached plan must not change result type";
    message(b'E', &fields("ERROR", "0A000", text, "RevalidateCachedQuery"))
}

pub fn fatal(code: &str, text: &str) -> Vec<u8> {
    message(b'E', &fields("FATAL", code, text, "somewhere"))
}

pub fn notice() -> Vec<u8> {
    message(b'N', &fields("WARNING", "01000", "a notice", "somewhere"))
}

pub fn parameter_status() -> Vec<u8> {
    message(b'S', b"TimeZone\0UTC\0")
}

pub fn copy_in() -> Vec<u8> {
    message(b'G', &[0, 0, 0])
}

/// The responses to Parse and Describe of a statement with one column of text.
pub fn prepared() -> Vec<u8> {
    let mut column = b"\0\x01text\0".to_vec();
    column.extend([0; 4]); // the table
    column.extend([0; 2]); // its column
    column.extend(25_u32.to_be_bytes()); // text
    column.extend((-1_i16).to_be_bytes()); // its length
    column.extend([0xff; 4]); // its modifier
    column.extend([0, 1]); // binary
    [message(b'1', &[]), message(b't', &[0, 0]), message(b'T', &column)].concat()
}

/// The same of a statement without rows.
pub fn prepared_command() -> Vec<u8> {
    [message(b'1', &[]), message(b't', &[0, 0]), message(b'n', &[])].concat()
}

pub fn bound() -> Vec<u8> {
    message(b'2', &[])
}

pub fn row(text: &str) -> Vec<u8> {
    let length = u32::try_from(text.len()).expect("a short text");
    message(b'D', &[&[0, 1][..], &length.to_be_bytes(), text.as_bytes()].concat())
}

pub fn complete(tag: &str) -> Vec<u8> {
    message(b'C', &[tag.as_bytes(), b"\0"].concat())
}

/// The whole response to a statement that is run for the first time.
pub fn first_run(text: &str) -> Vec<u8> {
    [prepared(), bound(), row(text), complete("SELECT 1")].concat()
}

/// The whole response to a statement that is prepared already.
pub fn later_run(text: &str) -> Vec<u8> {
    [bound(), row(text), complete("SELECT 1")].concat()
}

/// The response to a statement with one boolean that is run for the first time.
pub fn first_bool(value: bool) -> Vec<u8> {
    const TEXT: [u8; 4] = 25_u32.to_be_bytes();
    const BOOL: [u8; 4] = 16_u32.to_be_bytes();
    let mut described = prepared();
    let at = described.windows(4).rposition(|bytes| bytes == TEXT).expect("a type");
    described[at..at + 4].copy_from_slice(&BOOL);
    let row = message(b'D', &[0, 1, 0, 0, 0, 1, u8::from(value)]);
    [described, bound(), row, complete("SELECT 1")].concat()
}

/// The response to a command that is run for the first time.
pub fn first_command(tag: &str) -> Vec<u8> {
    [prepared_command(), bound(), complete(tag)].concat()
}
