use async_graphql::{Context, ID, Interface, Object, Result};
use futures_util::future::try_join_all;

use crate::{
    graphql::{
        Error,
        many::{self, check_number},
    },
    todos::{self, Todo},
};

/// What can be found by its id alone (GraphQL Global Object Identification).
#[derive(Interface)]
#[graphql(field(
    name = "id",
    ty = "ID",
    desc = "Identifies the object for as long as it exists: `node` finds it by this."
))]
pub enum Node {
    Todo(Todo),
}

#[derive(Default)]
pub struct NodeQueries;

#[Object]
impl NodeQueries {
    /// The user's object with this id. Null if there is none.
    #[graphql(complexity = "crate::graphql::ROUND_TRIP + child_complexity")]
    async fn node(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The `id` of the object.")] id: ID,
    ) -> Result<Option<Node>> {
        Ok(find(context, &id).await?)
    }

    /// The user's objects with these ids, in their order. Null for each id without an object.
    #[graphql(complexity = "many::complexity(ids.len(), child_complexity)")]
    async fn nodes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The `id`s of the objects, up to 100.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        check_number("ids", ids.len())?;
        Ok(try_join_all(ids.iter().map(|id| find(context, id))).await?)
    }
}

async fn find(context: &Context<'_>, id: &ID) -> Result<Option<Node>, Error> {
    Ok(todos::find_by_id(context, id).await?.map(Node::Todo))
}
