use async_graphql::{Context, ID, Object};

use crate::graphql::{
    Error,
    columns::Columns,
    context::nullable,
    loader::Loader,
    model::todo::{Todo, parse_id},
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
    let columns = Columns::of(&context.look_ahead());
    let found = Loader::of(context)?.todo(context, id, columns).await?;
    Ok(found.map(Todo::from))
}
