//! The email of the request's user, requested once.

use async_graphql::Context;
use tokio::sync::OnceCell;

use crate::graphql::{
    Error,
    context::{accounts, claims},
};

/// One a request.
#[derive(Default)]
pub struct EmailLoader(OnceCell<Result<Option<String>, Error>>);

impl EmailLoader {
    /// The email that the user signs in with, if there is one.
    pub async fn load(context: &Context<'_>) -> Result<Option<String>, Error> {
        let loader = context.data::<Self>().map_err(|error| Error::Internal(error.message))?;
        let request = async { accounts(context)?.email_of(claims(context)?.user_id()).await };
        loader.0.get_or_init(|| request).await.clone()
    }
}
