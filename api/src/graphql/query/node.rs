use async_graphql::{Context, ID, Object};

use super::todo::find;
use crate::graphql::{context::nullable, model::node::Node};

#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// The object of this id, which is the user's own; null when there is none.
    #[graphql(complexity = "crate::graphql::ROUND_TRIP + child_complexity")]
    async fn node(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id that the object itself tells.")] id: ID,
    ) -> Option<Node> {
        // Todos are all there is. A second kind will need ids that tell which kind they are of.
        nullable(context, find(context, &id).await).map(Node::Todo)
    }
}
