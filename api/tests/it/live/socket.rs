//! A client of graphql-transport-ws.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use supertokens::Claims;
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest as _, http::HeaderValue},
};

use crate::support::app::{TestApp, User};

/// For what must come, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
pub const PROTOCOL: (&str, &str) = ("sec-websocket-protocol", "graphql-transport-ws");

pub struct Socket(WebSocketStream<TcpStream>);

/// Why there is no socket: an HTTP status, and the message of its body.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused(pub u16, pub String);

impl Socket {
    /// Opens a socket with these headers, and says nothing yet.
    pub async fn open(app: &TestApp, headers: &[(&str, &str)]) -> Result<Self, Refused> {
        let stream = TcpStream::connect(address(app)).await.expect("the service listens");
        Self::open_at(stream, address(app), headers).await
    }

    /// As [`open`](Self::open), on this connection to that address.
    pub async fn open_at(
        stream: TcpStream,
        address: &str,
        headers: &[(&str, &str)],
    ) -> Result<Self, Refused> {
        let url = format!("ws://{address}/graphql/ws");
        let mut request = url.into_client_request().expect("a request");
        for (name, value) in headers {
            let name: tokio_tungstenite::tungstenite::http::HeaderName =
                name.parse().expect("a header's name");
            request.headers_mut().append(name, HeaderValue::from_str(value).expect("a header"));
        }
        match timeout(PATIENCE, client_async(request, stream)).await.expect("in time") {
            Ok((stream, _)) => Ok(Self(stream)),
            Err(Error::Http(answer)) => {
                let body = answer.body().clone().unwrap_or_default();
                let body: Value = serde_json::from_slice(&body).unwrap_or_default();
                let message = body["message"].as_str().unwrap_or_default().to_owned();
                Err(Refused(answer.status().as_u16(), message))
            }
            Err(error) => panic!("no answer: {error}"),
        }
    }

    /// A socket on which the user is known, by a bearer token.
    pub async fn of(app: &TestApp, user: &User<'_>) -> Self {
        let bearer = format!("Bearer {}", user.access_token);
        let socket = Self::open(app, &[PROTOCOL, ("authorization", &bearer)]).await;
        socket.expect("a socket").greeted(json!({})).await
    }

    /// As [`of`](Self::of), for a client that can be slow: the system keeps little for it.
    pub async fn of_slow(app: &TestApp, user: &User<'_>) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4096).expect("a small buffer");
        let stream = socket.connect(address(app).parse().expect("an address")).await;
        let bearer = format!("Bearer {}", user.access_token);
        let headers = [PROTOCOL, ("authorization", bearer.as_str())];
        let socket = Self::open_at(stream.expect("a connection"), address(app), &headers).await;
        socket.expect("a socket").greeted(json!({})).await
    }

    async fn greeted(mut self, payload: Value) -> Self {
        self.say(json!({"type": "connection_init", "payload": payload})).await;
        assert_eq!(self.hear().await, json!({"type": "connection_ack"}));
        self
    }

    pub async fn say(&mut self, message: Value) {
        self.send(Message::text(message.to_string())).await;
    }

    pub async fn send(&mut self, message: Message) {
        self.0.send(message).await.expect("the socket is open");
    }

    pub async fn subscribe(&mut self, id: &str, query: &str) {
        self.say(json!({"type": "subscribe", "id": id, "payload": {"query": query}})).await;
    }

    /// The next message.
    pub async fn hear(&mut self) -> Value {
        match self.next().await {
            Message::Text(text) => serde_json::from_str(&text).expect("JSON"),
            other => panic!("no message: {other:?}"),
        }
    }

    /// The next event of `todoChanged`.
    pub async fn change(&mut self) -> Value {
        let message = self.hear().await;
        assert_eq!(message["type"], "next", "{message}");
        let payload = &message["payload"];
        assert_eq!(payload.get("errors"), None, "{payload}");
        payload["data"]["todoChanged"].clone()
    }

    /// The code of the one error that an operation ends with.
    pub async fn error_code(&mut self, id: &str) -> String {
        let message = self.hear().await;
        assert_eq!((&message["type"], &message["id"]), (&json!("error"), &json!(id)), "{message}");
        let errors = message["payload"].as_array().expect("errors");
        assert_eq!(errors.len(), 1, "{errors:?}");
        errors[0]["extensions"]["code"].as_str().expect("a code").to_owned()
    }

    /// Nothing was said meanwhile, and the service answers.
    pub async fn is_open(&mut self) {
        self.say(json!({"type": "ping"})).await;
        assert_eq!(self.hear().await, json!({"type": "pong"}));
    }

    /// The code and the reason that it is closed with.
    pub async fn closed(&mut self) -> (u16, String) {
        match self.next().await {
            Message::Close(Some(frame)) => (frame.code.into(), frame.reason.to_string()),
            other => panic!("not closed: {other:?}"),
        }
    }

    /// Writes bytes beneath the framing.
    pub async fn send_raw(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).await.expect("the socket is open");
    }

    /// Whether the next frame closes it without a code, as this side's own Close frame did.
    pub async fn closed_without_code(&mut self) -> bool {
        matches!(self.next().await, Message::Close(None))
    }

    /// How much more it is told until it is closed, and the code and the reason of that.
    pub async fn told_until_closed(&mut self) -> (usize, (u16, String)) {
        let mut told = 0;
        loop {
            match self.next().await {
                Message::Close(Some(frame)) => {
                    return (told, (frame.code.into(), frame.reason.to_string()));
                }
                _ => told += 1,
            }
        }
    }

    /// Leaves out what the protocol below says for itself.
    async fn next(&mut self) -> Message {
        loop {
            let message = timeout(PATIENCE, self.0.next()).await.expect("in time");
            match message.expect("not the end").expect("a message") {
                Message::Ping(_) | Message::Pong(_) => {}
                message => return message,
            }
        }
    }
}

fn address(app: &TestApp) -> &str {
    app.url.strip_prefix("http://").expect("plain HTTP")
}

/// The moment at which a token expires, in milliseconds since 1970.
pub fn expiry(claims: &Claims) -> i64 {
    claims.expires_at() * 1000
}
