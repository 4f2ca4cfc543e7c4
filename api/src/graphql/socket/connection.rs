//! One socket: its session, its messages, and how it ends.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use async_graphql::Data;
use axum::{
    extract::ws::{Message, WebSocket},
    http::{HeaderMap, HeaderValue, header},
};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use serde_json::Value;
use supertokens::{Session, session::Lifetime};
use tokio::time::{Instant, Interval, interval_at, timeout};

use super::{
    PATH,
    close::Close,
    message::{ClientMessage, ServerMessage},
    operations::Operations,
    sockets::{KeyedPermit, SocketPermit},
};
use crate::graphql::{GraphqlState, RequestId};

/// How long a client may take to send `connection_init`.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);
/// A client that sends nothing between two pings has gone.
const PING_INTERVAL: Duration = Duration::from_secs(30);
/// How long the client may take to read a message.
const SEND_TIMEOUT: Duration = Duration::from_secs(20);
/// Messages of a client in a second, of any kind. The web app sends a handful in all. A client with all the
/// subscriptions it may have begins or ends them in a burst.
const MAX_MESSAGES: NonZeroU32 = NonZeroU32::new(50).expect("not zero");
/// How long the closing handshake may take (RFC 6455, 7.1.1).
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// The session of the request that opened the socket, if it had a valid one.
type OpeningSession = Result<(Session, Lifetime), supertokens::Error>;

/// Why a socket ends.
#[derive(Debug)]
enum Ended {
    /// This is sent to the client.
    Closing(Close),
    /// The client has closed it. Its Close frame is repeated (RFC 6455, 5.5.1).
    ClosedByClient,
    /// The connection has failed, or the client no longer responds.
    Disconnected,
}

impl From<Close> for Ended {
    fn from(close: Close) -> Self {
        Self::Closing(close)
    }
}

enum Received {
    Message(ClientMessage),
    /// A ping or a pong of RFC 6455.
    KeepAlive,
}

pub struct Connection {
    socket: WebSocket,
    state: GraphqlState,
    /// Of the request that opened it.
    request_id: RequestId,
    messages: DefaultDirectRateLimiter,
}

impl Connection {
    pub fn new(socket: WebSocket, state: GraphqlState, request_id: RequestId) -> Self {
        let messages = RateLimiter::direct(Quota::per_second(MAX_MESSAGES));
        Self { socket, state, request_id, messages }
    }

    /// Runs until the socket ends.
    pub async fn serve(
        mut self,
        mut permit: SocketPermit,
        unauthenticated: Option<KeyedPermit>,
        opened: OpeningSession,
    ) {
        let ended = tokio::select! {
            ended = self.run(unauthenticated, opened) => ended,
            () = permit.closing() => Close::GOING_AWAY.into(),
        };
        let close = match ended {
            Ended::Closing(close) => Some(close),
            Ended::ClosedByClient => None,
            Ended::Disconnected => return,
        };
        if let Some(Close { code, reason }) = close {
            tracing::debug!(code, reason, "a socket is closed");
        }
        let _ = timeout(CLOSE_TIMEOUT, self.close(close)).await;
    }

    /// Counts as unauthenticated until `connection_init`.
    async fn run(&mut self, unauthenticated: Option<KeyedPermit>, opened: OpeningSession) -> Ended {
        let (session, mut lifetime) = match timeout(INIT_TIMEOUT, self.initialise(opened)).await {
            Ok(Ok(session)) => session,
            Ok(Err(ended)) => return ended,
            Err(_) => return Close::INIT_TIMEOUT.into(),
        };
        drop(unauthenticated);
        let Some(_permit) = self.state.sockets.enter_as(session.claims.user_id()) else {
            return Close::TOO_MANY_SOCKETS.into();
        };
        let mut data = Data::default();
        data.insert(session.claims);
        let operations =
            Operations::new(self.state.endpoint.clone(), Arc::new(data), self.request_id.clone());
        tokio::select! {
            Err(ended) = self.exchange(operations) => ended,
            over = lifetime.over() => Close::from(over).into(),
        }
    }

    /// Waits for `connection_init`. Its bearer token counts, else the session of the opening request.
    async fn initialise(&mut self, opened: OpeningSession) -> Result<(Session, Lifetime), Ended> {
        loop {
            match self.receive().await? {
                Received::Message(ClientMessage::ConnectionInit { payload }) => {
                    let session = match payload.as_ref().and_then(bearer) {
                        Some(headers) => {
                            self.state.supertokens.lasting_session(PATH, &headers).await
                        }
                        None => opened,
                    };
                    return session.map_err(|error| Close::from(&error).into());
                }
                Received::Message(ClientMessage::Ping {}) => self.send(ServerMessage::Pong).await?,
                Received::Message(ClientMessage::Subscribe { .. }) => {
                    return Err(Close::UNAUTHORISED.into());
                }
                Received::Message(_) | Received::KeepAlive => {}
            }
        }
    }

    async fn exchange(
        &mut self,
        mut operations: Operations,
    ) -> Result<std::convert::Infallible, Ended> {
        self.send(ServerMessage::ConnectionAck).await?;
        let mut pings = pings();
        let mut is_alive = true;
        loop {
            tokio::select! {
                received = self.receive() => {
                    is_alive = true;
                    if let Received::Message(message) = received? {
                        self.handle(message, &mut operations).await?;
                    }
                }
                (id, event) = operations.next() => self.send(event.message(&id)).await?,
                _ = pings.tick() => {
                    if !std::mem::take(&mut is_alive) {
                        return Err(Ended::Disconnected);
                    }
                    self.write(Message::Ping(Vec::new().into())).await?;
                }
            }
        }
    }

    async fn handle(
        &mut self,
        message: ClientMessage,
        operations: &mut Operations,
    ) -> Result<(), Ended> {
        match message {
            ClientMessage::ConnectionInit { .. } => Err(Close::TOO_MANY_INITS.into()),
            ClientMessage::Ping {} => self.send(ServerMessage::Pong).await,
            ClientMessage::Pong {} => Ok(()),
            ClientMessage::Complete { id } => {
                operations.remove(&id);
                Ok(())
            }
            ClientMessage::Subscribe { id, .. } if operations.contains(&id) => {
                Err(Close::SUBSCRIBER_EXISTS.into())
            }
            ClientMessage::Subscribe { id, payload } => {
                operations.start(id, payload);
                Ok(())
            }
        }
    }

    /// The next message of the client. Dropping the future loses nothing.
    async fn receive(&mut self) -> Result<Received, Ended> {
        let message = match self.socket.recv().await {
            None => return Err(Ended::Disconnected),
            Some(Ok(Message::Close(_))) => return Err(Ended::ClosedByClient),
            Some(message) => message,
        };
        if self.messages.check().is_err() {
            metrics::counter!("rate_limited_total", "limit" => "socket").increment(1);
            return Err(Close::TOO_MANY_REQUESTS.into());
        }
        match message {
            Ok(Message::Text(text)) => match ClientMessage::parse(&text) {
                Some(message) => Ok(Received::Message(message)),
                None => Err(Close::BAD_REQUEST.into()),
            },
            Ok(Message::Ping(_) | Message::Pong(_)) => Ok(Received::KeepAlive),
            Ok(_) => Err(Close::BAD_REQUEST.into()),
            Err(error) => {
                Err(Close::for_receive_error(&error).map_or(Ended::Disconnected, Ended::Closing))
            }
        }
    }

    async fn send(&mut self, message: ServerMessage<'_>) -> Result<(), Ended> {
        self.write(message.into()).await
    }

    async fn write(&mut self, message: Message) -> Result<(), Ended> {
        match timeout(SEND_TIMEOUT, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            // A client that closes while a message is sent gets the answer to its Close frame.
            Ok(Err(_)) => Err(Ended::ClosedByClient),
            Err(_) => Err(Ended::Disconnected),
        }
    }

    /// The closing handshake. Without it, the system could drop the last message while data of the client is unread.
    async fn close(&mut self, close: Option<Close>) {
        if let Some(close) = close
            && self.socket.send(close.message()).await.is_err()
        {
            return;
        }
        // Reading sends the answer to a Close frame of the client.
        while let Some(Ok(_)) = self.socket.recv().await {}
    }
}

fn pings() -> Interval {
    interval_at(Instant::now() + PING_INTERVAL, PING_INTERVAL)
}

/// The bearer token of `{"Authorization": "Bearer …"}` as a header.
fn bearer(payload: &Value) -> Option<HeaderMap> {
    let (_, value) =
        payload.as_object()?.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"))?;
    let mut value = HeaderValue::from_str(value.as_str()?).ok()?;
    value.set_sensitive(true);
    Some([(header::AUTHORIZATION, value)].into_iter().collect())
}
