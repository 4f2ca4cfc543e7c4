use async_graphql::{Context, ID, Object, Result, SimpleObject};

use crate::graphql::{
    Error,
    context::{claims, forget_session, own_account},
};

/// Who was signed out.
#[derive(SimpleObject)]
pub struct SignOutEverywherePayload {
    /// The user, whom no session is left of.
    user_id: ID,
}

#[derive(Default)]
pub struct SignOutEverywhere;

#[Object]
impl SignOutEverywhere {
    /// Ends every session of the user, this one too. The answer makes the client forget it.
    #[graphql(complexity = "2 * crate::graphql::ROUND_TRIP + child_complexity")]
    async fn sign_out_everywhere(
        &self,
        context: &Context<'_>,
    ) -> Result<Option<SignOutEverywherePayload>> {
        let forgotten = own_account(context)?.sign_out_everywhere().await.map_err(Error::from)?;
        forget_session(context, &forgotten);
        Ok(Some(SignOutEverywherePayload { user_id: claims(context)?.user_id().into() }))
    }
}
