//! One file a query.

mod node;
mod session;
mod sessions;
mod todo;
mod todos;
mod user_todos;

use async_graphql::MergedObject;

/// What a signed-in user can read.
#[derive(MergedObject, Default)]
pub struct Query(
    session::SessionQuery,
    sessions::SessionsQuery,
    node::NodeQuery,
    todo::TodoQuery,
    todos::TodosQuery,
    user_todos::UserTodosQuery,
);
