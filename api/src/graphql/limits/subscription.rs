//! What travels over a socket: subscriptions, of one field each.

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, OperationType, Selection,
};

use super::Error;

/// What the executor leaves open.
pub fn check(document: &ExecutableDocument, name: Option<&str>) -> Result<(), Error> {
    match operation(document, name) {
        Some(operation) if operation.ty != OperationType::Subscription => Err(Error::bad_input(
            "Only subscriptions travel over this socket: send queries and mutations to POST /graphql.",
        )),
        Some(operation) if !has_one_field(operation) => Err(Error::bad_input(
            "A subscription asks for one field (GraphQL, 5.2.3.1), without a fragment around it.",
        )),
        // An operation that is not there is for the executor to explain.
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
