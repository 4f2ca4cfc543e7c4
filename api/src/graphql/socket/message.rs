//! The messages of graphql-transport-ws.
//!
//! <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>

use async_graphql::{Response, ServerError};
use axum::extract::ws::Message;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The subprotocol that client and server agree on.
pub const PROTOCOL: &str = "graphql-transport-ws";

/// An id is kept, and repeated in every message.
const MAX_ID: usize = 128;

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    ConnectionInit {
        payload: Option<Value>,
    },
    Ping {},
    Pong {},
    /// The payload is read like the body of an HTTP request, by [`body`](crate::graphql::body).
    Subscribe {
        id: String,
        payload: Value,
    },
    Complete {
        id: String,
    },
}

impl ClientMessage {
    /// None if the message is not valid graphql-transport-ws.
    pub fn parse(text: &str) -> Option<Self> {
        let message = serde_json::from_str(text).ok()?;
        match &message {
            Self::Subscribe { id, .. } if id.is_empty() || id.len() > MAX_ID => None,
            Self::Subscribe { payload, .. } if !payload.is_object() => None,
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
