use async_graphql::{Context, ID, Object};
use sea_orm::EntityTrait;

use crate::{
    entity::todo,
    graphql::{
        Error,
        context::{begin_read, nullable},
        model::todo::{Todo, parse_id},
    },
};

#[derive(Default)]
pub struct TodoQuery;

#[Object]
impl TodoQuery {
    /// One of the user's todos; null when there is none of this id.
    #[graphql(complexity = "crate::graphql::ROUND_TRIP + child_complexity")]
    async fn todo(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of the todo.")] id: ID,
    ) -> Option<Todo> {
        nullable(context, find(context, &id).await)
    }
}

/// The user's todo of this id. Another user's is not found, like one that never was.
pub async fn find(context: &Context<'_>, id: &ID) -> Result<Option<Todo>, Error> {
    let Ok(id) = parse_id(id) else { return Ok(None) };
    let transaction = begin_read(context).await?.ending();
    let found = todo::Entity::find_by_id(id).one(&transaction).await?;
    Ok(found.map(Todo::from))
}
