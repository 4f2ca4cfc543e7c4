//! A list of todos: in an order, filtered, page by page, each page one range of an index.

use sea_orm::{PaginatorTrait, QueryFilter, QuerySelect, Select};

use super::{
    connection::{Ends, TodoConnection, Wanted},
    entity::{Column, Entity},
    filter::TodoFilter,
    node::Todo,
    order::{Keys, TodoOrder},
    page::{Arguments, Page},
    statement,
};
use crate::{
    graphql::Error,
    rls::{UserTransaction, Work},
};

/// Which todos are asked for, in which order, and which page of them.
#[derive(Debug)]
pub struct List {
    pub(super) order: TodoOrder,
    pub(super) filter: TodoFilter,
    pub(super) page: Page,
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

    /// The list of which nothing is asked.
    pub fn unread(&self) -> TodoConnection {
        let ends = Ends::default();
        TodoConnection { todos: Vec::new(), order: self.order, ends, total_count: None }
    }

    /// Reads what is asked for of this page of the owner's todos, and counts all of the list if that is. `begin` opens
    /// the transaction for the work that the filter asks for. Without an owner, the todos are all that its role sees.
    pub async fn read(
        &self,
        owner: Option<&str>,
        wanted: Wanted,
        begin: impl AsyncFnOnce(Work) -> Result<UserTransaction, Error>,
    ) -> Result<TodoConnection, Error> {
        let transaction = begin(self.filter.work()).await?;
        let read = self.read_in(owner, wanted, transaction).await;
        read.map_err(|error| self.filter.explain(error))
    }

    async fn read_in(
        &self,
        owner: Option<&str>,
        wanted: Wanted,
        mut transaction: UserTransaction,
    ) -> Result<TodoConnection, Error> {
        let mut connection = self.unread();
        if wanted.is_counted {
            if wanted.columns.is_none() {
                transaction = transaction.ending();
            }
            let all = statement::todos(owner).filter(self.filter.condition());
            // What is counted needs no other column.
            let ids = all.select_only().column(Column::Id);
            connection.total_count = Some(ids.count(&transaction).await?);
        }
        if let Some(columns) = wanted.columns {
            let statement = self.statement(columns, owner);
            let found = transaction.ending().select_as(statement).await?;
            let (rows, ends) = self.page.cut(found);
            connection.todos = rows.into_iter().map(Todo::from).collect();
            connection.ends = ends;
        }
        Ok(connection)
    }

    /// The statement of a page. The tests look at its plan.
    pub fn select(&self, todos: Select<Entity>) -> Select<Entity> {
        let keys = Keys::of(self.order, self.filter.is_complete);
        self.page.select(todos.filter(self.filter.condition()), keys)
    }

    /// As [`select`](Self::select), of all that the database lets be seen.
    pub fn select_all(&self) -> Select<Entity> {
        self.select(statement::todos(None))
    }
}
