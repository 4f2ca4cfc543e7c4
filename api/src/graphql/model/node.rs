use async_graphql::{ID, Interface};

use super::todo::Todo;

/// What can be found by its id alone (GraphQL Global Object Identification).
#[derive(Interface)]
#[graphql(field(
    name = "id",
    ty = "ID",
    desc = "Identifies the object for as long as it exists: `node` finds it by this."
))]
pub enum Node {
    Todo(Todo),
}
