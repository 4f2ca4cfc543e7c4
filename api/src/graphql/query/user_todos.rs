use async_graphql::{Context, ID, Object, Result};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::{
    entity::todo::{self, Column},
    graphql::{
        context::begin_support,
        model::todo_connection::TodoConnection,
        page::{DEFAULT_PAGE, Page, complexity},
    },
};

const READ_ANY: &str = "todos:read-any";

#[derive(Default)]
pub struct UserTodosQuery;

#[Object]
impl UserTodosQuery {
    /// For support staff: the todos of one user, to read. Needs the permission `todos:read-any`.
    #[graphql(complexity = "complexity(first, child_complexity)")]
    async fn user_todos(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whose: the id of the user.")] user_id: ID,
        #[graphql(default_with = "Some(DEFAULT_PAGE)", desc = "How many, from 1 to 100.")]
        first: Option<i32>,
        #[graphql(desc = "Those after this cursor: `endCursor` of the page before.")] after: Option<
            String,
        >,
    ) -> Result<TodoConnection> {
        let page = Page::new(first, after.as_deref())?;
        let transaction = begin_support(context, READ_ANY).await?;
        let theirs = todo::Entity::find().filter(Column::UserId.eq(user_id.0));
        Ok(page.of(theirs, &transaction).await?)
    }
}
