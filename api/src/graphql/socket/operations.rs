//! The subscriptions of one socket.

use std::{future::pending, sync::Arc};

use async_graphql::{Data, Request, Response, ServerError, Value};
use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use tokio_stream::StreamMap;

use crate::graphql::{
    Endpoint, Error, RequestId,
    answer::{complete, refusal},
    body,
};

use super::message::ServerMessage;

/// Subscriptions that one socket has at once.
const MAX: usize = 8;

/// A message to the client of an operation.
pub enum OperationEvent {
    Next(Response),
    /// The operation has ended with these errors.
    Failed(Vec<ServerError>),
    Complete,
}

impl OperationEvent {
    pub fn message<'a>(&'a self, id: &'a str) -> ServerMessage<'a> {
        match self {
            Self::Next(payload) => ServerMessage::Next { id, payload },
            Self::Failed(payload) => ServerMessage::Error { id, payload },
            Self::Complete => ServerMessage::Complete { id },
        }
    }
}

pub struct Operations {
    schema: Endpoint,
    /// Whose they are.
    session: Arc<Data>,
    /// Of the request that opened the socket.
    request_id: RequestId,
    /// Each ends with a `None`, because the map is silent about it.
    running: StreamMap<String, BoxStream<'static, Option<Response>>>,
}

impl Operations {
    pub fn new(schema: Endpoint, session: Arc<Data>, request_id: RequestId) -> Self {
        Self { schema, session, request_id, running: StreamMap::new() }
    }

    pub fn contains(&self, id: &str) -> bool {
        self.running.contains_key(id)
    }

    /// Starts the subscription of a `subscribe` message. An invalid one gets an `error` message.
    pub fn start(&mut self, id: String, payload: serde_json::Value) {
        let responses = match self.request(payload) {
            Ok(request) => self.schema.subscribe(request, Arc::clone(&self.session)),
            Err(error) => {
                let mut response = refusal(error);
                complete(&mut response, &self.request_id);
                stream::iter([response]).boxed()
            }
        };
        let responses = responses.map(Some).chain(stream::iter([None]));
        self.running.insert(id, responses.boxed());
    }

    fn request(&self, payload: serde_json::Value) -> Result<Request, Error> {
        if self.running.len() >= MAX {
            return Err(Error::bad_input(format!("A socket has room for {MAX} subscriptions.")));
        }
        let request = body::from_json(payload);
        let request = request.map_err(|error| Error::bad_input(error.text()))?;
        Ok(request.data(self.request_id.clone()))
    }

    pub fn remove(&mut self, id: &str) {
        self.running.remove(id);
    }

    /// The next event of any of them. Dropping the future loses nothing.
    pub async fn next(&mut self) -> (String, OperationEvent) {
        let Some((id, response)) = self.running.next().await else {
            // No subscription runs.
            return pending().await;
        };
        let Some(response) = response else {
            self.remove(&id);
            return (id, OperationEvent::Complete);
        };
        if response.data == Value::Null && !response.errors.is_empty() {
            self.remove(&id);
            return (id, OperationEvent::Failed(response.errors));
        }
        (id, OperationEvent::Next(response))
    }
}
