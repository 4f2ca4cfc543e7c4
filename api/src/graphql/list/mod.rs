//! A list of todos: in an order, filtered, page by page, each page one range of an index.

mod cursor;
mod filter;
mod order;
mod page;

use sea_orm::{EntityTrait, PaginatorTrait, QueryFilter, Select};

use self::page::Page;
pub use self::{
    cursor::{Place, encode},
    filter::TodoFilter,
    order::TodoOrder,
    page::{Arguments, complexity},
};
use super::{
    Error,
    model::todo_connection::{TodoConnection, TodoEdge},
};
use crate::{entity::todo, rls::UserTransaction};

/// Which todos are asked for, in which order, and which page of them.
#[derive(Debug)]
pub struct List {
    order: TodoOrder,
    filter: TodoFilter,
    page: Page,
}

impl List {
    /// Checks what a connection field was given.
    pub fn new(
        arguments: &Arguments,
        filter: Option<TodoFilter>,
        order: Option<TodoOrder>,
    ) -> Result<Self, Error> {
        let order = order.unwrap_or_default();
        let filter = filter.unwrap_or_default();
        filter.check()?;
        Ok(Self { order, filter, page: Page::new(arguments, order)? })
    }

    /// Reads this page of `todos`, and counts all of the list when that is asked for.
    pub async fn read(
        &self,
        todos: Select<todo::Entity>,
        is_counted: bool,
        transaction: UserTransaction,
    ) -> Result<TodoConnection, Error> {
        let total_count = if is_counted {
            let all = todos.clone().filter(self.filter.condition());
            Some(all.count(&transaction).await?)
        } else {
            None
        };
        let found = self.select(todos).all(&transaction.ending()).await?;
        let (todos, ends) = self.page.cut(found);
        let edges = todos.into_iter().map(|todo| TodoEdge::new(todo, self.order)).collect();
        Ok(TodoConnection { edges, ends, total_count })
    }

    /// The statement of a page. The tests look at its plan.
    pub fn select(&self, todos: Select<todo::Entity>) -> Select<todo::Entity> {
        let keys = order::Keys::of(self.order, self.filter.is_complete);
        self.page.select(todos.filter(self.filter.condition()), keys)
    }

    /// As [`select`](Self::select), of all that the database lets be seen.
    pub fn select_all(&self) -> Select<todo::Entity> {
        self.select(todo::Entity::find())
    }
}
