use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use axum::http::HeaderMap;
use supertokens::{
    Claims,
    account::{Account, Proof, to_its_end},
};

use crate::{
    graphql::{
        Error,
        context::{claims, client, forget_session, own_account},
    },
    rls::Rls,
    todos,
};

/// What came of the wish to be gone.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum DeleteAccountOutcome {
    /// The user is gone, with their todos and sessions.
    Deleted,
    /// The password is another. Nothing was deleted.
    WrongPassword,
    /// The user has no password, and signed in too long ago. Nothing was deleted.
    SignInAgain,
}

/// What came of the wish to be gone.
#[derive(SimpleObject)]
pub struct DeleteAccountPayload {
    /// Whether the account is gone.
    outcome: DeleteAccountOutcome,
}

#[derive(Default)]
pub struct DeleteAccount;

#[Object]
impl DeleteAccount {
    /// Deletes the user for good, and all that is theirs. Where it fails, it can be asked for again:
    /// what was deleted by then stays so. Tries count as those to sign in.
    #[graphql(complexity = "crate::graphql::PASSWORD + child_complexity")]
    async fn delete_account(
        &self,
        context: &Context<'_>,
        #[graphql(
            desc = "The user's password. Who has none must have signed in within the last ten minutes."
        )]
        password: Option<String>,
    ) -> Result<Option<DeleteAccountPayload>> {
        let account = own_account(context)?;
        let password = password.map(Into::into);
        let proof = account.prove(client(context)?, password.as_ref()).await;
        let outcome = match proof.map_err(Error::from)? {
            Proof::Given => DeleteAccountOutcome::Deleted,
            Proof::WrongPassword => DeleteAccountOutcome::WrongPassword,
            Proof::SignInAgain => DeleteAccountOutcome::SignInAgain,
        };
        if outcome == DeleteAccountOutcome::Deleted {
            let rows = Rows::of(context)?;
            let forgotten = to_its_end(async move { delete(&account, &rows).await }).await?;
            forget_session(context, &forgotten);
        }
        Ok(Some(DeleteAccountPayload { outcome }))
    }
}

/// First the rows, as long as there is a user who can ask for it again; before them the other sessions,
/// which could add some; and in the end what was added nevertheless.
async fn delete(account: &Account, rows: &Rows) -> Result<HeaderMap, Error> {
    account.end_others().await?;
    rows.delete().await?;
    let forgotten = account.delete().await?;
    rows.delete().await?;
    Ok(forgotten)
}

/// What the user has in this database.
struct Rows {
    rls: Rls,
    claims: Claims,
}

impl Rows {
    fn of(context: &Context<'_>) -> Result<Self, Error> {
        let rls = context.data::<Rls>().map_err(|error| Error::Internal(error.message))?;
        Ok(Self { rls: rls.clone(), claims: claims(context)?.clone() })
    }

    /// Deletes chunk by chunk. Every table that holds rows of users has its line here.
    async fn delete(&self) -> Result<(), Error> {
        let Self { rls, claims } = self;
        todos::delete_all(todos::Entity, rls, claims).await?;
        Ok(())
    }
}
