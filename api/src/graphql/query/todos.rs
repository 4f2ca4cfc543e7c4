use async_graphql::{Context, Object, Result};
use sea_orm::{
    EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Expr, ExprTrait, SimpleExpr},
};

use crate::{
    entity::todo::{self, Column},
    graphql::{
        Error, ROUND_TRIP,
        context::begin,
        cursor::TodoCursor,
        model::todo_connection::{TodoConnection, TodoEdge},
    },
};

const DEFAULT_PAGE: i32 = 50;
const MAX_PAGE: i32 = 100;

#[derive(Default)]
pub struct TodosQuery;

#[Object]
impl TodosQuery {
    /// The user's todos: open ones first, then newest first.
    #[graphql(complexity = "complexity(first, child_complexity)")]
    async fn todos(
        &self,
        context: &Context<'_>,
        #[graphql(default_with = "Some(DEFAULT_PAGE)", desc = "How many, from 1 to 100.")]
        first: Option<i32>,
        #[graphql(desc = "Those after this cursor: `endCursor` of the page before.")] after: Option<
            String,
        >,
    ) -> Result<TodoConnection> {
        let limit = page_size(first)?;
        let after = after.as_deref().map(TodoCursor::decode).transpose()?;
        let transaction = begin(context).await?;
        // One more than asked for tells whether there is a next page.
        let query = page(limit as u64 + 1, after);
        let mut found = query.all(&transaction).await.map_err(Error::from)?;
        drop(transaction);

        let has_next_page = found.len() > limit;
        found.truncate(limit);
        Ok(TodoConnection {
            edges: found.into_iter().map(TodoEdge::from).collect(),
            has_previous_page: after.is_some(),
            has_next_page,
        })
    }
}

/// What a page costs: each of its todos a tenth of what is asked of it.
fn complexity(first: Option<i32>, child_complexity: usize) -> usize {
    let todos = usize::try_from(first.unwrap_or(DEFAULT_PAGE)).unwrap_or(0);
    ROUND_TRIP + child_complexity.saturating_mul(todos) / 10
}

fn page_size(first: Option<i32>) -> Result<usize, Error> {
    match first.unwrap_or(DEFAULT_PAGE) {
        first @ 1..=MAX_PAGE => Ok(first.unsigned_abs() as usize),
        first => Err(Error::bad_input(format!("first is {first}; it should be 1 to {MAX_PAGE}."))),
    }
}

/// A page by keyset: one range of the index `todos_list`, however deep the page lies. The sort
/// key is written as the index has it.
fn page(limit: u64, after: Option<TodoCursor>) -> Select<todo::Entity> {
    let is_open = || SimpleExpr::from(Expr::col(Column::IsComplete).not());
    let mut page = todo::Entity::find();
    if let Some(TodoCursor { is_open: was_open, inserted_at, id }) = after {
        let key = Expr::tuple([is_open(), Expr::col(Column::InsertedAt), Expr::col(Column::Id)]);
        let last = Expr::tuple([was_open.into(), inserted_at.into(), id.into()]);
        page = page.filter(SimpleExpr::from(key).lt(last));
    }
    page.order_by(is_open(), Order::Desc)
        .order_by(Column::InsertedAt, Order::Desc)
        .order_by(Column::Id, Order::Desc)
        .limit(limit)
}
