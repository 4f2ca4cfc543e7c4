use async_graphql::{Context, Object, Result};
use sea_orm::EntityTrait;

use crate::{
    entity::todo,
    graphql::{
        context::begin_read,
        model::todo_connection::TodoConnection,
        page::{DEFAULT_PAGE, Page, complexity},
    },
};

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
        let page = Page::new(first, after.as_deref())?;
        let transaction = begin_read(context).await?;
        Ok(page.of(todo::Entity::find(), &transaction).await?)
    }
}
