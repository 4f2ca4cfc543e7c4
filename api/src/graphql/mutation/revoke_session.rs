use async_graphql::{Context, ID, Object, Result, SimpleObject};

use crate::graphql::{Error, context::own_account};

/// What was ended.
#[derive(SimpleObject)]
pub struct RevokeSessionPayload {
    /// The handle of the session that is over.
    revoked_handle: ID,
}

#[derive(Default)]
pub struct RevokeSession;

#[Object]
impl RevokeSession {
    /// Ends one of the user's sessions: whoever has it is signed out.
    #[graphql(complexity = "2 * crate::graphql::ROUND_TRIP + child_complexity")]
    async fn revoke_session(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which, as `sessions` tells it.")] handle: ID,
    ) -> Result<Option<RevokeSessionPayload>> {
        if !own_account(context)?.revoke_session(handle.to_string()).await.map_err(Error::from)? {
            return Err(Error::NoSession.into());
        }
        Ok(Some(RevokeSessionPayload { revoked_handle: handle }))
    }
}
