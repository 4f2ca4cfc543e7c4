//! What a resolver can take from its context: whose request it is, and the door to their rows.

use async_graphql::Context;
use async_trait::async_trait;

use super::Error;
use crate::{
    rls::{Rls, Role, UserTransaction},
    supertokens::{Claims, SuperTokens},
};

/// What the schema asks of the user accounts.
#[async_trait]
pub trait Accounts: Send + Sync + 'static {
    /// The email that the user signs in with, if there is one.
    async fn email_of(&self, user_id: &str) -> Result<Option<String>, Error>;
}

#[async_trait]
impl Accounts for SuperTokens {
    async fn email_of(&self, user_id: &str) -> Result<Option<String>, Error> {
        SuperTokens::email_of(self, user_id).await.map_err(Error::from)
    }
}

/// The claims that the request was made with. The handler puts them there before any resolver
/// runs.
pub fn claims<'a>(context: &Context<'a>) -> Result<&'a Claims, Error> {
    context.data().map_err(|_| Error::Unauthenticated)
}

pub fn accounts<'a>(context: &Context<'a>) -> Result<&'a dyn Accounts, Error> {
    match context.data::<Box<dyn Accounts>>() {
        Ok(accounts) => Ok(accounts.as_ref()),
        Err(error) => Err(Error::Internal(error.message)),
    }
}

/// The value of a nullable field: null beside its error when it failed, so that the rest of the
/// answer stays. (A field that returns `Err` is for [`super::handler`] to deal with.)
pub fn nullable<T>(context: &Context<'_>, value: Result<Option<T>, Error>) -> Option<T> {
    value.unwrap_or_else(|error| {
        let error = async_graphql::Error::from(error).into_server_error(context.item.pos);
        context.add_error(context.set_error_path(error));
        None
    })
}

/// A transaction as the user of this request.
pub async fn begin(context: &Context<'_>) -> Result<UserTransaction, Error> {
    begin_as(context, Role::Authenticated).await
}

/// A transaction that reads what the permission is about, whoever owns it. Without the permission
/// the database would show no row: the error says why.
pub async fn begin_support(
    context: &Context<'_>,
    permission: &str,
) -> Result<UserTransaction, Error> {
    if !claims(context)?.permits(permission) {
        return Err(Error::Forbidden(format!("This needs the permission {permission}.")));
    }
    begin_as(context, Role::Support).await
}

async fn begin_as(context: &Context<'_>, role: Role) -> Result<UserTransaction, Error> {
    let rls = context.data::<Rls>().map_err(|error| Error::Internal(error.message))?;
    Ok(rls.begin_as(role, claims(context)?).await?)
}
