use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use sea_orm::EntityTrait;

use crate::{
    entity::todo,
    graphql::{
        Error,
        context::{begin, client, forget_session, own_account},
    },
    supertokens::manage::Proof,
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
    ) -> Result<DeleteAccountPayload> {
        let account = own_account(context)?;
        let password = password.map(Into::into);
        let proof = account.prove(client(context)?, password.as_ref()).await;
        let outcome = match proof.map_err(Error::from)? {
            Proof::Given => DeleteAccountOutcome::Deleted,
            Proof::WrongPassword => DeleteAccountOutcome::WrongPassword,
            Proof::SignInAgain => DeleteAccountOutcome::SignInAgain,
        };
        if outcome == DeleteAccountOutcome::Deleted {
            // First the rows, as long as there is a user who can ask for it again.
            delete_rows(context).await?;
            forget_session(context, &account.delete().await.map_err(Error::from)?);
        }
        Ok(DeleteAccountPayload { outcome })
    }
}

/// Every table that holds rows of users has its line here.
async fn delete_rows(context: &Context<'_>) -> Result<(), Error> {
    let transaction = begin(context).await?;
    todo::Entity::delete_many().exec(&transaction).await?;
    transaction.commit().await?;
    Ok(())
}
