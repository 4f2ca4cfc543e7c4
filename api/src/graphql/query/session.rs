use async_graphql::{Context, Object, Result};

use crate::graphql::{context::claims, model::session::Session};

#[derive(Default)]
pub struct SessionQuery;

#[Object]
impl SessionQuery {
    /// The session of this request.
    async fn session(&self, context: &Context<'_>) -> Result<Session> {
        Ok(Session(claims(context)?.clone()))
    }
}
