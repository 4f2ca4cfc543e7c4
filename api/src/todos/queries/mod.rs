//! One file a query.

mod todo;
mod todos;
mod user_todos;

use async_graphql::MergedObject;

pub use self::todo::find_by_id;

/// The queries of this feature.
#[derive(MergedObject, Default)]
pub struct TodoQueries(todo::TodoQuery, todos::TodosQuery, user_todos::UserTodosQuery);
