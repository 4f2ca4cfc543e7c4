//! The messages of graphql-transport-ws.
//!
//! <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>

use async_graphql::{Request, Response, ServerError};
use axum::extract::ws::Message;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The name of the protocol, as client and server agree on it.
pub const PROTOCOL: &str = "graphql-transport-ws";

/// An id is kept, and repeated in every answer.
const MAX_ID: usize = 128;

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    ConnectionInit { payload: Option<Value> },
    Ping {},
    Pong {},
    Subscribe { id: String, payload: Box<Request> },
    Complete { id: String },
}

impl ClientMessage {
    /// None for what is no message of the protocol.
    pub fn parse(text: &str) -> Option<Self> {
        let message = serde_json::from_str(text).ok()?;
        match &message {
            Self::Subscribe { id, .. } if id.is_empty() || id.len() > MAX_ID => None,
            _ => Some(message),
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage<'a> {
    ConnectionAck,
    Pong,
    Next { id: &'a str, payload: &'a Response },
    Error { id: &'a str, payload: &'a [ServerError] },
    Complete { id: &'a str },
}

impl From<ServerMessage<'_>> for Message {
    fn from(message: ServerMessage<'_>) -> Self {
        let text = serde_json::to_string(&message);
        Self::text(text.unwrap_or_else(|error| unreachable!("these all are JSON: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_message_of_the_protocol_is_none() {
        for text in [
            "",
            "null",
            "{}",
            r#"{"type": "start", "id": "1", "payload": {"query": "{ x }"}}"#,
            r#"{"type": "connection_terminate"}"#,
            r#"{"type": "subscribe", "id": "", "payload": {"query": "{ x }"}}"#,
            r#"{"type": "subscribe", "id": 1, "payload": {"query": "{ x }"}}"#,
            r#"{"type": "subscribe", "id": "1", "payload": [{"query": "{ x }"}]}"#,
            r#"{"type": "subscribe", "id": "1"}"#,
        ] {
            assert!(ClientMessage::parse(text).is_none(), "{text}");
        }
        let subscribe = |id: &str| {
            format!(r#"{{"type": "subscribe", "id": "{id}", "payload": {{"query": "x"}}}}"#)
        };
        assert!(ClientMessage::parse(&subscribe(&"x".repeat(128))).is_some());
        assert!(ClientMessage::parse(&subscribe(&"x".repeat(129))).is_none());
        assert!(ClientMessage::parse(r#"{"type": "ping", "payload": {"any": 1}}"#).is_some());
    }
}
