use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};
use supertokens::account::NewPassword;

use crate::graphql::{
    Error,
    context::{client, own_account},
};

/// The password that is, and the one that is to be.
#[derive(InputObject)]
pub struct ChangePasswordInput {
    /// The one that the user signs in with now.
    current_password: String,
    /// Another: 8 to 99 characters, a letter and a digit among them.
    new_password: String,
}

/// What came of a new password.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum ChangePasswordOutcome {
    /// It is set, and all other sessions of the user are over.
    Changed,
    /// The current password is another. Nothing was changed.
    WrongPassword,
}

/// What came of a new password.
#[derive(SimpleObject)]
pub struct ChangePasswordPayload {
    /// Whether it is set.
    outcome: ChangePasswordOutcome,
}

#[derive(Default)]
pub struct ChangePassword;

#[Object]
impl ChangePassword {
    /// Sets another password for the user, and ends all their sessions but this one. Tries count as
    /// those to sign in.
    #[graphql(complexity = "crate::graphql::PASSWORD + child_complexity")]
    async fn change_password(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Both passwords.")] input: ChangePasswordInput,
    ) -> Result<Option<ChangePasswordPayload>> {
        let (current, new) = (input.current_password.into(), input.new_password.into());
        let account = own_account(context)?;
        let outcome = account.change_password(client(context)?, current, new).await;
        let outcome = match outcome.map_err(Error::from)? {
            NewPassword::Set => ChangePasswordOutcome::Changed,
            NewPassword::WrongPassword => ChangePasswordOutcome::WrongPassword,
            NewPassword::Refused(reason) => return Err(Error::bad_input(reason).into()),
            NewPassword::NoPassword => {
                const ELSEWHERE: &str =
                    "This account is entered from elsewhere: it has no password.";
                return Err(Error::bad_input(ELSEWHERE).into());
            }
        };
        Ok(Some(ChangePasswordPayload { outcome }))
    }
}
