//! A page of todos by keyset: one range of the index `todos_list`, however deep the page lies.

use sea_orm::{
    ConnectionTrait, Order, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Expr, ExprTrait, SimpleExpr},
};

use super::{
    Error, ROUND_TRIP,
    cursor::TodoCursor,
    model::todo_connection::{TodoConnection, TodoEdge},
};
use crate::entity::todo::{self, Column};

pub const DEFAULT_PAGE: i32 = 50;
const MAX_PAGE: i32 = 100;

/// Which todos of a list are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    limit: usize,
    after: Option<TodoCursor>,
}

impl Page {
    /// Checks the arguments of a connection field.
    pub fn new(first: Option<i32>, after: Option<&str>) -> Result<Self, Error> {
        let limit = match first.unwrap_or(DEFAULT_PAGE) {
            first @ 1..=MAX_PAGE => first.unsigned_abs() as usize,
            first => {
                let text = format!("first is {first}; it should be 1 to {MAX_PAGE}.");
                return Err(Error::bad_input(text));
            }
        };
        Ok(Self { limit, after: after.map(TodoCursor::decode).transpose()? })
    }

    /// Reads this page of the list.
    pub async fn of(
        self,
        list: Select<todo::Entity>,
        transaction: &impl ConnectionTrait,
    ) -> Result<TodoConnection, Error> {
        let mut found = self.select(list).all(transaction).await?;
        let has_next_page = found.len() > self.limit;
        found.truncate(self.limit);
        Ok(TodoConnection {
            edges: found.into_iter().map(TodoEdge::from).collect(),
            has_previous_page: self.after.is_some(),
            has_next_page,
        })
    }

    /// The sort key is written as the index has it.
    fn select(self, mut todos: Select<todo::Entity>) -> Select<todo::Entity> {
        let is_open = || SimpleExpr::from(Expr::col(Column::IsComplete).not());
        if let Some(TodoCursor { is_open: was_open, inserted_at, id }) = self.after {
            let key =
                Expr::tuple([is_open(), Expr::col(Column::InsertedAt), Expr::col(Column::Id)]);
            let last = Expr::tuple([was_open.into(), inserted_at.into(), id.into()]);
            todos = todos.filter(SimpleExpr::from(key).lt(last));
        }
        todos
            .order_by(is_open(), Order::Desc)
            .order_by(Column::InsertedAt, Order::Desc)
            .order_by(Column::Id, Order::Desc)
            // One more than asked for tells whether there is a next page.
            .limit(self.limit as u64 + 1)
    }
}

/// What a page costs: each of its todos a tenth of what is asked of it.
pub fn complexity(first: Option<i32>, child_complexity: usize) -> usize {
    let todos = usize::try_from(first.unwrap_or(DEFAULT_PAGE)).unwrap_or(0);
    ROUND_TRIP + child_complexity.saturating_mul(todos) / 10
}
