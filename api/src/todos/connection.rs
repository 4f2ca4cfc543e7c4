use async_graphql::{Context, Object, Result, connection::PageInfo};

use super::{
    columns::Columns,
    cursor::{self, Place},
    node::Todo,
    order::TodoOrder,
};
use crate::graphql::{Error, ROUND_TRIP};

/// A page of todos (GraphQL Cursor Connections).
pub struct TodoConnection {
    pub todos: Vec<Todo>,
    pub order: TodoOrder,
    pub ends: Ends,
    /// Nothing where it was not asked for.
    pub total_count: Option<u64>,
}

/// Whether there is more beyond the ends of a page.
#[derive(Debug, Default, Clone, Copy)]
pub struct Ends {
    pub has_previous: bool,
    pub has_next: bool,
}

/// A todo and where it stands in the list.
pub struct TodoEdge<'a> {
    todo: &'a Todo,
    order: TodoOrder,
}

/// A todo and where it stands in the list.
#[Object(serial)]
impl TodoEdge<'_> {
    /// Marks the place of the todo: pass it as `after` or `before` to go on from there.
    async fn cursor(&self) -> Result<String> {
        let cursor = cursor(self.todo, self.order);
        Ok(cursor.ok_or_else(|| Error::Internal("a cursor is asked for, its keys not".into()))?)
    }

    /// The todo.
    async fn node(&self) -> &Todo {
        self.todo
    }
}

/// A page of todos (GraphQL Cursor Connections).
#[Object(serial)]
impl TodoConnection {
    /// The todos of this page, each with its cursor.
    async fn edges(&self) -> Vec<TodoEdge<'_>> {
        self.todos.iter().map(|todo| TodoEdge { todo, order: self.order }).collect()
    }

    /// The todos of this page.
    async fn nodes(&self) -> &[Todo] {
        &self.todos
    }

    /// Whether there is more, and from where to go on.
    async fn page_info(&self) -> PageInfo {
        let cursor = |todo: Option<&Todo>| todo.and_then(|todo| cursor(todo, self.order));
        PageInfo {
            has_previous_page: self.ends.has_previous,
            has_next_page: self.ends.has_next,
            start_cursor: cursor(self.todos.first()),
            end_cursor: cursor(self.todos.last()),
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

/// Nothing where the keys were not read: then no cursor is asked for.
fn cursor(todo: &Todo, order: TodoOrder) -> Option<String> {
    Some(cursor::encode(&Place::of(todo.row())?, order))
}

/// What a connection is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Nothing where no todo is looked at.
    pub columns: Option<Columns>,
    pub is_counted: bool,
}

impl Wanted {
    /// By the field of this context.
    pub fn of(context: &Context<'_>) -> Self {
        let asked = context.look_ahead();
        let (nodes, edges, ends) =
            (asked.field("nodes"), asked.field("edges"), asked.field("pageInfo"));
        let has_cursors = edges.field("cursor").exists()
            || ends.field("startCursor").exists()
            || ends.field("endCursor").exists();
        let place = if has_cursors { Columns::of_place() } else { Columns::default() };
        let columns = Columns::of(&nodes).and(Columns::of(&edges.field("node"))).and(place);
        let has_todos = nodes.exists() || edges.exists() || ends.exists();
        Self {
            columns: has_todos.then_some(columns),
            is_counted: asked.field("totalCount").exists(),
        }
    }

    pub fn is_nothing(self) -> bool {
        self.columns.is_none() && !self.is_counted
    }
}
