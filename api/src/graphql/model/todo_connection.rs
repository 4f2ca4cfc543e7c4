use async_graphql::{Context, Object, Result, SimpleObject, connection::PageInfo};

use super::todo::Todo;
use crate::{
    entity,
    graphql::{
        Error, ROUND_TRIP,
        list::{self, Place, TodoOrder},
    },
};

/// A page of todos (GraphQL Cursor Connections).
pub struct TodoConnection {
    pub edges: Vec<TodoEdge>,
    pub ends: Ends,
    /// Nothing where it was not asked for.
    pub total_count: Option<u64>,
}

/// Whether there is more beyond the ends of a page.
#[derive(Debug, Clone, Copy)]
pub struct Ends {
    pub has_previous: bool,
    pub has_next: bool,
}

/// A todo and where it stands in the list.
#[derive(SimpleObject)]
pub struct TodoEdge {
    /// Marks the place of the todo: pass it as `after` or `before` to go on from there.
    cursor: String,
    /// The todo.
    node: Todo,
}

impl TodoEdge {
    pub fn new(todo: entity::todo::Model, order: TodoOrder) -> Self {
        Self { cursor: list::encode(&Place::from(&todo), order), node: todo.into() }
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
            has_previous_page: self.ends.has_previous,
            has_next_page: self.ends.has_next,
            start_cursor: self.edges.first().map(|edge| edge.cursor.clone()),
            end_cursor: self.edges.last().map(|edge| edge.cursor.clone()),
        }
    }

    /// How many todos the whole list has, on all its pages. Counted only when it is asked for.
    #[graphql(complexity = "ROUND_TRIP")]
    async fn total_count(&self) -> Result<i32> {
        let count = self.total_count;
        let count = count.ok_or_else(|| Error::Internal("the list was not counted".into()))?;
        Ok(i32::try_from(count).unwrap_or(i32::MAX))
    }
}

/// Whether the field of this context, a connection, is asked for its count.
pub fn is_counted(context: &Context<'_>) -> bool {
    context.look_ahead().field("totalCount").exists()
}
