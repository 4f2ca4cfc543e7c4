use async_graphql::{Context, ID, Object, Result, SimpleObject};
use sea_orm::EntityTrait;

use crate::{
    graphql::{Error, big_int::BigInt, context::begin, global_id},
    todos::{ID_PREFIX, entity::Entity},
};

/// What was deleted.
#[derive(SimpleObject)]
pub struct DeleteTodoPayload {
    /// The id of the deleted todo.
    deleted_id: ID,
    /// The revision of the deletion. Responses with a lower one are older.
    revision: BigInt,
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
    ) -> Result<Option<DeleteTodoPayload>> {
        let number = global_id::decode(ID_PREFIX, &id)?;
        let transaction = begin(context).await?.ending();
        let delete = Entity::delete_by_id(number).exec_with_returning(&transaction);
        let deleted = delete.await.map_err(Error::from)?.ok_or(Error::NotFound)?;
        // The deletion counts as a change, as the trigger that notifies of it counts it.
        let revision = BigInt(deleted.revision + 1);
        Ok(Some(DeleteTodoPayload { deleted_id: id, revision }))
    }
}
