//! One file a mutation.

mod change_password;
mod delete_account;
mod revoke_session;
mod sign_out_everywhere;

use async_graphql::MergedObject;

/// The mutations of this feature.
#[derive(MergedObject, Default)]
pub struct AccountMutations(
    revoke_session::RevokeSession,
    sign_out_everywhere::SignOutEverywhere,
    change_password::ChangePassword,
    delete_account::DeleteAccount,
);
