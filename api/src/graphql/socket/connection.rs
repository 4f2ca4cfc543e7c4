//! One socket: whose it is, what is said on it, and how it ends.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use async_graphql::Data;
use axum::{
    extract::ws::{Message, WebSocket},
    http::{HeaderMap, HeaderValue, header},
};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use serde_json::Value;
use tokio::time::{Instant, Interval, interval_at, timeout};

use super::{
    close::Close,
    message::{ClientMessage, ServerMessage},
    operations::{Operations, Told},
    sockets::{KeyedPermit, SocketPermit},
};
use crate::{
    graphql::RequestId,
    state::AppState,
    supertokens::{self, Session, lifetime::Lifetime},
};

/// How long a client may take to say who it is.
const INIT: Duration = Duration::from_secs(10);
/// How often the peer is asked whether it is there. One that was silent since the last time is not.
const PING: Duration = Duration::from_secs(30);
/// How long a message may take to get out: meanwhile the peer does not read.
const SEND: Duration = Duration::from_secs(20);
/// How many messages a peer may send a second, of whatever kind: each is parsed, and many are answered. The page
/// sends a handful in all, and a client with as many subscriptions as it may have begins or ends them in a burst.
const MESSAGES: NonZeroU32 = NonZeroU32::new(50).expect("more than none");
/// How long the peer may take to answer that the socket is closed.
const FAREWELL: Duration = Duration::from_secs(2);

/// The session that a socket was opened with, if there was one that holds.
type Opened = Result<(Session, Lifetime), supertokens::Error>;

/// None: the peer is not there any more, so nobody has to be told.
type Ended = Option<Close>;

/// What a peer says.
enum Said {
    Message(ClientMessage),
    /// Only that it is there.
    Nothing,
}

pub struct Connection {
    socket: WebSocket,
    state: AppState,
    /// Of the request that opened it.
    request_id: RequestId,
    messages: DefaultDirectRateLimiter,
}

impl Connection {
    pub fn new(socket: WebSocket, state: AppState, request_id: RequestId) -> Self {
        let messages = RateLimiter::direct(Quota::per_second(MESSAGES));
        Self { socket, state, request_id, messages }
    }

    /// Talks until the socket ends.
    pub async fn serve(
        mut self,
        mut permit: SocketPermit,
        unauthenticated: Option<KeyedPermit>,
        opened: Opened,
    ) {
        let ended = tokio::select! {
            ended = self.attend(unauthenticated, opened) => ended,
            () = permit.closing() => Some(Close::GOING_AWAY),
        };
        if let Some(close) = ended {
            tracing::debug!(code = close.code, reason = close.reason, "a socket is closed");
            let _ = timeout(FAREWELL, self.part(close)).await;
        }
    }

    /// Counts as unauthenticated until `connection_init`.
    async fn attend(&mut self, unauthenticated: Option<KeyedPermit>, opened: Opened) -> Ended {
        let (session, mut lifetime) = match timeout(INIT, self.initialise(opened)).await {
            Ok(Ok(known)) => known,
            Ok(Err(ended)) => return ended,
            Err(_) => return Some(Close::INIT_TIMEOUT),
        };
        drop(unauthenticated);
        let Some(_permit) = self.state.sockets.enter_as(session.claims.user_id()) else {
            return Some(Close::TOO_MANY_SOCKETS);
        };
        let mut data = Data::default();
        data.insert(session.claims);
        let operations =
            Operations::new(self.state.schema.clone(), Arc::new(data), self.request_id.clone());
        tokio::select! {
            Err(ended) = self.converse(operations) => ended,
            over = lifetime.over() => Some(over.into()),
        }
    }

    /// Waits until the client says who it is: by a bearer token, else by what it opened the socket
    /// with.
    async fn initialise(&mut self, opened: Opened) -> Result<(Session, Lifetime), Ended> {
        loop {
            match self.hear().await? {
                Said::Message(ClientMessage::ConnectionInit { payload }) => {
                    let session = match payload.as_ref().and_then(bearer) {
                        Some(headers) => self.state.supertokens.lasting_session(&headers).await,
                        None => opened,
                    };
                    return session.map_err(|error| Some(Close::from(&error)));
                }
                Said::Message(ClientMessage::Ping {}) => self.say(ServerMessage::Pong).await?,
                Said::Message(ClientMessage::Subscribe { .. }) => {
                    return Err(Some(Close::UNAUTHORISED));
                }
                Said::Message(_) | Said::Nothing => {}
            }
        }
    }

    async fn converse(
        &mut self,
        mut operations: Operations,
    ) -> Result<std::convert::Infallible, Ended> {
        self.say(ServerMessage::ConnectionAck).await?;
        let mut pings = pings();
        let mut is_there = true;
        loop {
            tokio::select! {
                said = self.hear() => {
                    is_there = true;
                    if let Said::Message(message) = said? {
                        self.answer(message, &mut operations).await?;
                    }
                }
                told = operations.next() => self.tell(told).await?,
                _ = pings.tick() => {
                    if !std::mem::take(&mut is_there) {
                        return Err(None);
                    }
                    self.send(Message::Ping(Vec::new().into())).await?;
                }
            }
        }
    }

    async fn answer(
        &mut self,
        message: ClientMessage,
        operations: &mut Operations,
    ) -> Result<(), Ended> {
        match message {
            ClientMessage::ConnectionInit { .. } => Err(Some(Close::TOO_MANY_INITS)),
            ClientMessage::Ping {} => self.say(ServerMessage::Pong).await,
            ClientMessage::Pong {} => Ok(()),
            ClientMessage::Complete { id } => {
                operations.remove(&id);
                Ok(())
            }
            ClientMessage::Subscribe { id, .. } if operations.contains(&id) => {
                Err(Some(Close::SUBSCRIBER_EXISTS))
            }
            ClientMessage::Subscribe { id, payload } => {
                operations.start(id, *payload);
                Ok(())
            }
        }
    }

    async fn tell(&mut self, (id, told): (String, Told)) -> Result<(), Ended> {
        let id = &id;
        self.say(match &told {
            Told::Next(payload) => ServerMessage::Next { id, payload },
            Told::Failed(payload) => ServerMessage::Error { id, payload },
            Told::Complete => ServerMessage::Complete { id },
        })
        .await
    }

    /// The next thing that the peer says. Dropping the future loses nothing.
    async fn hear(&mut self) -> Result<Said, Ended> {
        let message = match self.socket.recv().await {
            None | Some(Ok(Message::Close(_))) => return Err(None),
            Some(message) => message,
        };
        if self.messages.check().is_err() {
            metrics::counter!("rate_limited_total", "limit" => "socket").increment(1);
            return Err(Some(Close::TOO_MANY_REQUESTS));
        }
        match message {
            Ok(Message::Text(text)) => {
                ClientMessage::parse(&text).map(Said::Message).ok_or(Some(Close::BAD_REQUEST))
            }
            Ok(Message::Ping(_) | Message::Pong(_)) => Ok(Said::Nothing),
            Ok(_) | Err(_) => Err(Some(Close::BAD_REQUEST)),
        }
    }

    async fn say(&mut self, message: ServerMessage<'_>) -> Result<(), Ended> {
        self.send(message.into()).await
    }

    async fn send(&mut self, message: Message) -> Result<(), Ended> {
        match timeout(SEND, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(None),
        }
    }

    /// Says why, and waits for the peer's answer: with data of it unread, the system would drop what
    /// was sent last.
    async fn part(&mut self, close: Close) {
        if self.socket.send(close.message()).await.is_ok() {
            while let Some(Ok(_)) = self.socket.recv().await {}
        }
    }
}

fn pings() -> Interval {
    interval_at(Instant::now() + PING, PING)
}

/// The bearer token of `{"Authorization": "Bearer …"}`, as the header that it stands for.
fn bearer(payload: &Value) -> Option<HeaderMap> {
    let (_, value) =
        payload.as_object()?.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"))?;
    let mut value = HeaderValue::from_str(value.as_str()?).ok()?;
    value.set_sensitive(true);
    Some([(header::AUTHORIZATION, value)].into_iter().collect())
}
