use async_graphql::{Context, Object, Result};

use crate::{account::session::Session, graphql::context::claims};

#[derive(Default)]
pub struct SessionQuery;

#[Object]
impl SessionQuery {
    /// The session of this request.
    async fn session(&self, context: &Context<'_>) -> Result<Session> {
        Ok(Session(claims(context)?.clone()))
    }
}
