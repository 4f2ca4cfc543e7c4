use async_graphql::{Context, ID, Object, Result};
use futures_util::future::try_join_all;

use super::todo;
use crate::graphql::{
    Error,
    global_id::{GlobalId, Kind},
    many::{self, check_number},
    model::node::Node,
};

#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
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
    match GlobalId::parse(id) {
        Ok(GlobalId { kind: Kind::Todo, number }) => {
            Ok(todo::find_number(context, number).await?.map(Node::Todo))
        }
        Err(_) => Ok(None),
    }
}
