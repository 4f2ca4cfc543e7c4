use async_graphql::{Context, ID, Object, Result, SimpleObject};
use sea_orm::EntityTrait;

use crate::{
    entity::todo,
    graphql::{Error, context::begin, model::todo::parse_id},
};

/// What was deleted.
#[derive(SimpleObject)]
pub struct DeleteTodoPayload {
    /// The id of the todo that is gone.
    deleted_id: ID,
}

#[derive(Default)]
pub struct DeleteTodo;

#[Object]
impl DeleteTodo {
    /// Deletes a todo for good.
    #[graphql(complexity = "crate::graphql::ROUND_TRIP + child_complexity")]
    async fn delete_todo(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of the todo.")] id: ID,
    ) -> Result<DeleteTodoPayload> {
        let key = parse_id(&id)?;
        let transaction = begin(context).await?.ending();
        let deleted =
            todo::Entity::delete_by_id(key).exec(&transaction).await.map_err(Error::from)?;
        if deleted.rows_affected == 0 {
            return Err(Error::NotFound.into());
        }
        Ok(DeleteTodoPayload { deleted_id: id })
    }
}
