//! The operations of one socket: subscriptions, and not too many.

use std::{future::pending, sync::Arc};

use async_graphql::{
    Data, Request, Response, ServerError, Value,
    parser::types::{
        DocumentOperations, ExecutableDocument, OperationDefinition, OperationType, Selection,
    },
};
use futures_util::{StreamExt as _, stream::BoxStream};
use tokio_stream::StreamMap;

use crate::graphql::{Schema, fragments, handler::ensure_code};

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
    schema: Schema,
    /// Whose they are.
    session: Arc<Data>,
    /// Each ends with a `None`, because the map is silent about it.
    running: StreamMap<String, BoxStream<'static, Option<Response>>>,
}

impl Operations {
    pub fn new(schema: Schema, session: Arc<Data>) -> Self {
        Self { schema, session, running: StreamMap::new() }
    }

    pub fn contains(&self, id: &str) -> bool {
        self.running.contains_key(id)
    }

    /// Starts a subscription, or says why not.
    pub fn start(&mut self, id: String, mut request: Request) -> Result<(), ServerError> {
        check(&mut request).map_err(refusal)?;
        if self.running.len() >= MAX {
            return Err(refusal(format!("A socket has room for {MAX} subscriptions.")));
        }
        let responses =
            self.schema.execute_stream_with_session_data(request, Arc::clone(&self.session));
        let responses = responses.map(Some).chain(futures_util::stream::iter([None]));
        self.running.insert(id, responses.boxed());
        Ok(())
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
        let Some(mut response) = response else {
            self.remove(&id);
            return (id, Told::Complete);
        };
        response.errors.iter_mut().for_each(ensure_code);
        if response.data == Value::Null && !response.errors.is_empty() {
            self.remove(&id);
            return (id, Told::Failed(response.errors));
        }
        (id, Told::Next(response))
    }
}

fn refusal(text: impl Into<String>) -> ServerError {
    let mut error = ServerError::new(text, None);
    ensure_code(&mut error);
    error
}

/// What the executor leaves open. A document that cannot be parsed is for it to explain.
fn check(request: &mut Request) -> Result<(), &'static str> {
    let name = request.operation_name.clone();
    let Ok(document) = request.parsed_query() else { return Ok(()) };
    if fragments::too_many(document) {
        return Err("The operation spreads fragments too often.");
    }
    match operation(document, name.as_deref()) {
        Some(operation) if operation.ty != OperationType::Subscription => Err(
            "Only subscriptions travel over this socket: send queries and mutations to POST /graphql.",
        ),
        Some(operation) if !has_one_field(operation) => Err(
            "A subscription asks for one field (GraphQL, 5.2.3.1), without a fragment around it.",
        ),
        _ => Ok(()),
    }
}

fn operation<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Option<&'a OperationDefinition> {
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), _) => Some(&operation.node),
        (DocumentOperations::Multiple(operations), Some(name)) => {
            operations.get(name).map(|operation| &operation.node)
        }
        (DocumentOperations::Multiple(operations), None) => {
            operations.values().next().map(|operation| &operation.node)
        }
    }
}

fn has_one_field(operation: &OperationDefinition) -> bool {
    let items = &operation.selection_set.node.items;
    matches!(&items[..], [only] if matches!(only.node, Selection::Field(_)))
}
