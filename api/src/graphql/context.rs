//! What a resolver can take from its context: whose request it is, and the door to their rows.

use std::sync::Arc;

use async_graphql::Context;
use async_trait::async_trait;
use axum::http::HeaderMap;
use supertokens::{Claims, ClientAddress, SuperTokens, account::Account};
use tracing::Instrument as _;

use super::Error;
use crate::{
    concurrency::Permit,
    rls::{Access, Rls, Role, UserTransaction, Work},
};

/// What the schema asks of the user accounts.
#[async_trait]
pub trait Accounts: Send + Sync + 'static {
    /// The email that the user signs in with, if there is one.
    async fn email_of(&self, user_id: &str) -> Result<Option<String>, Error>;

    /// Whether the user's roles permit this now.
    async fn permits(&self, user_id: &str, permission: &str) -> Result<bool, Error>;

    /// The account of whose claims these are, for themselves.
    fn own(&self, claims: &Claims) -> Account;
}

#[async_trait]
impl Accounts for SuperTokens {
    async fn email_of(&self, user_id: &str) -> Result<Option<String>, Error> {
        SuperTokens::email_of(self, user_id).await.map_err(Error::from)
    }

    async fn permits(&self, user_id: &str, permission: &str) -> Result<bool, Error> {
        Ok(self.roles().permit(user_id, permission).await?)
    }

    fn own(&self, claims: &Claims) -> Account {
        self.account(claims)
    }
}

/// The claims that the request was made with. The handler puts them there before any resolver
/// runs.
pub fn claims<'a>(context: &Context<'a>) -> Result<&'a Claims, Error> {
    context.data().map_err(|_| Error::Unauthenticated)
}

/// Who can be asked about accounts: the Core. Unless too many requests wait for it: those that want nothing of
/// it need their places.
pub fn accounts<'a>(context: &Context<'a>) -> Result<&'a dyn Accounts, Error> {
    if context.data_opt::<Permit>().is_some_and(|permit| !permit.count_at_core()) {
        return Err(Error::Unavailable("too many requests wait for the Core".into()));
    }
    match context.data::<Arc<dyn Accounts>>() {
        Ok(accounts) => Ok(accounts.as_ref()),
        Err(error) => Err(Error::Internal(error.message)),
    }
}

/// The account of the user of this request.
pub fn own_account(context: &Context<'_>) -> Result<Account, Error> {
    Ok(accounts(context)?.own(claims(context)?))
}

/// From where this request came.
pub fn client(context: &Context<'_>) -> Result<ClientAddress, Error> {
    context.data().copied().map_err(|error| Error::Internal(error.message))
}

/// Lets the answer make the client forget a session that has ended.
pub fn forget_session(context: &Context<'_>, headers: &HeaderMap) {
    for (name, value) in headers {
        context.append_http_header(name, value);
    }
}

/// A transaction as the user of this request, to change something.
pub async fn begin(context: &Context<'_>) -> Result<UserTransaction, Error> {
    begin_work(context, Access::Write, Work::Lookup).await
}

/// A transaction as the user of this request, to read.
pub async fn begin_read(context: &Context<'_>) -> Result<UserTransaction, Error> {
    begin_work(context, Access::Read, Work::Lookup).await
}

/// A transaction as the user of this request, to do this work.
pub async fn begin_work(
    context: &Context<'_>,
    access: Access,
    work: Work,
) -> Result<UserTransaction, Error> {
    begin_as(context, Role::Authenticated, access, work).await
}

/// A transaction that reads what the permission is about, whoever owns it.
pub async fn begin_support(
    context: &Context<'_>,
    permission: &str,
    work: Work,
) -> Result<UserTransaction, Error> {
    permit(context, permission).await?;
    begin_as(context, Role::Support, Access::Read, work).await
}

/// Refuses who lacks the permission. The database asks the token for it; a token tells of roles that
/// were taken since, so the Core is asked, too.
pub async fn permit(context: &Context<'_>, permission: &str) -> Result<(), Error> {
    let claims = claims(context)?;
    if !claims.permits(permission)
        || !accounts(context)?.permits(claims.user_id(), permission).await?
    {
        return Err(Error::Forbidden(format!("This needs the permission {permission}.")));
    }
    Ok(())
}

async fn begin_as(
    context: &Context<'_>,
    role: Role,
    access: Access,
    work: Work,
) -> Result<UserTransaction, Error> {
    let rls = context.data::<Rls>().map_err(|error| Error::Internal(error.message))?;
    // Lasts as long as the transaction, which is made in it.
    let span = tracing::debug_span!("resolver", graphql.field = context.field().name());
    Ok(rls.begin_work(role, access, work, claims(context)?).instrument(span).await?)
}
