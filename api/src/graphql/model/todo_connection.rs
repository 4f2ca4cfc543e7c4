use async_graphql::{Object, SimpleObject, connection::PageInfo};

use super::todo::Todo;
use crate::{entity, graphql::cursor::TodoCursor};

/// A page of todos (GraphQL Cursor Connections).
pub struct TodoConnection {
    pub edges: Vec<TodoEdge>,
    pub has_previous_page: bool,
    pub has_next_page: bool,
}

/// A todo and where it stands in the list.
#[derive(SimpleObject)]
pub struct TodoEdge {
    /// Marks the place of the todo: pass it as `after` to go on from there.
    cursor: String,
    /// The todo.
    node: Todo,
}

impl From<entity::todo::Model> for TodoEdge {
    fn from(todo: entity::todo::Model) -> Self {
        Self { cursor: TodoCursor::from(&todo).encode(), node: todo.into() }
    }
}

/// A page of todos (GraphQL Cursor Connections).
#[Object]
impl TodoConnection {
    /// The todos of this page, each with its cursor.
    async fn edges(&self) -> &[TodoEdge] {
        &self.edges
    }

    /// The todos of this page.
    async fn nodes(&self) -> Vec<&Todo> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    /// Whether there is more, and from where to go on.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_previous_page: self.has_previous_page,
            has_next_page: self.has_next_page,
            start_cursor: self.edges.first().map(|edge| edge.cursor.clone()),
            end_cursor: self.edges.last().map(|edge| edge.cursor.clone()),
        }
    }
}
