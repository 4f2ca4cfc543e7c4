use async_graphql::{Context, Object, Result};

use crate::{
    account::own_session::OwnSession,
    graphql::{Error, context::own_account},
};

#[derive(Default)]
pub struct SessionsQuery;

#[Object]
impl SessionsQuery {
    /// Where the user is signed in: this session, then the newest of the others, 50 at most.
    #[graphql(complexity = "crate::graphql::PASSWORD + child_complexity")]
    async fn sessions(&self, context: &Context<'_>) -> Result<Vec<OwnSession>> {
        let sessions = own_account(context)?.sessions().await.map_err(Error::from)?;
        Ok(sessions.into_iter().map(OwnSession::try_from).collect::<Result<_, _>>()?)
    }
}
