use async_graphql::{Context, ID, Object, Result};

use crate::graphql::{
    Error, columns::Columns, global_id::GlobalId, loader::Loader, model::todo::Todo,
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
        Ok(find(context, &id).await?)
    }
}

/// The user's todo of this id. Another user's is not found, like one that never was.
async fn find(context: &Context<'_>, id: &ID) -> Result<Option<Todo>, Error> {
    match GlobalId::parse_todo(id) {
        Ok(number) => find_number(context, number).await,
        Err(_) => Ok(None),
    }
}

/// The user's todo of this number.
pub async fn find_number(context: &Context<'_>, number: i64) -> Result<Option<Todo>, Error> {
    let columns = Columns::of(&context.look_ahead());
    let found = Loader::of(context)?.todo(context, number, columns).await?;
    Ok(found.map(Todo::from))
}
