//! The operations of one socket: subscriptions, and not too many.

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
};

/// How many subscriptions one socket has at once.
const MAX: usize = 8;

/// What the client of an operation is told.
pub enum Told {
    Next(Response),
    /// The operation cannot go on.
    Failed(Vec<ServerError>),
    Complete,
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

    /// Starts a subscription. A refusal is told as what comes of it.
    pub fn start(&mut self, id: String, request: Request) {
        let request = request.data(self.request_id.clone());
        let responses = if self.running.len() < MAX {
            self.schema.subscribe(request, Arc::clone(&self.session))
        } else {
            let error = Error::bad_input(format!("A socket has room for {MAX} subscriptions."));
            let mut response = refusal(error);
            complete(&mut response, &self.request_id);
            stream::iter([response]).boxed()
        };
        let responses = responses.map(Some).chain(stream::iter([None]));
        self.running.insert(id, responses.boxed());
    }

    pub fn remove(&mut self, id: &str) {
        self.running.remove(id);
    }

    /// What one of them has to tell, once there is something. Dropping the future loses nothing.
    pub async fn next(&mut self) -> (String, Told) {
        let Some((id, response)) = self.running.next().await else {
            // There are none: somebody else has to start one first.
            return pending().await;
        };
        let Some(response) = response else {
            self.remove(&id);
            return (id, Told::Complete);
        };
        if response.data == Value::Null && !response.errors.is_empty() {
            self.remove(&id);
            return (id, Told::Failed(response.errors));
        }
        (id, Told::Next(response))
    }
}
