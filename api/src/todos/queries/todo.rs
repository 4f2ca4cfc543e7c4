use async_graphql::{Context, ID, Object, Result};

use crate::{
    graphql::{Error, global_id},
    todos::{ID_PREFIX, columns::Columns, loader::TodoLoader, node::Todo},
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
    ) -> Result<Option<Todo>> {
        Ok(find_by_id(context, &id).await?)
    }
}

/// The user's todo with this id. Another user's todo is not found.
pub async fn find_by_id(context: &Context<'_>, id: &ID) -> Result<Option<Todo>, Error> {
    let Ok(number) = global_id::decode(ID_PREFIX, id) else {
        return Ok(None);
    };
    let columns = Columns::of(&context.look_ahead());
    let found = TodoLoader::of(context)?.todo(context, number, columns).await?;
    Ok(found.map(Todo::from))
}
