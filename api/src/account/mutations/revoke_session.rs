use async_graphql::{Context, ID, Object, Result, SimpleObject};

use crate::graphql::{Error, context::own_account};

/// What was ended.
#[derive(SimpleObject)]
pub struct RevokeSessionPayload {
    /// The id of the session that has ended.
    revoked_id: ID,
}

#[derive(Default)]
pub struct RevokeSession;

#[Object]
impl RevokeSession {
    /// Ends one of the user's sessions, which signs out the device that has it.
    #[graphql(complexity = "2 * crate::graphql::ROUND_TRIP + child_complexity")]
    async fn revoke_session(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The `id` of the session.")] id: ID,
    ) -> Result<Option<RevokeSessionPayload>> {
        if !own_account(context)?.revoke_session(id.to_string()).await.map_err(Error::from)? {
            return Err(Error::NoSession.into());
        }
        Ok(Some(RevokeSessionPayload { revoked_id: id }))
    }
}
