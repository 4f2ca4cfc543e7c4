//! Users, and what they sign in with.

use secrecy::{ExposeSecret, SecretString};

use crate::{
    backend::SuperTokens,
    core::{Core, CoreError},
    recipes::{emailpassword::cdi::SignIn, form},
    users::{
        User,
        cdi::{UpdateUser, UserPage, UserQuery},
    },
};

/// Users, from the server's side.
#[derive(Clone, Copy)]
pub struct Users<'a>(&'a Core);

/// What came of a new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangePassword {
    /// The user has the new email.
    Changed,
    /// It breaks the rules for passwords; the text is for its user.
    Refused(&'static str),
    /// There is no such user.
    UnknownUser,
}

/// What came of a new email.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeEmail {
    /// The user has the new password.
    Changed,
    /// Somebody else signs in with it.
    Taken,
    /// It is none; the text is for its user.
    Refused(&'static str),
    /// There is no such user with a password.
    UnknownUser,
}

impl SuperTokens {
    /// Users, from the server's side.
    pub fn users(&self) -> Users<'_> {
        Users::new(self.core())
    }
}

impl<'a> Users<'a> {
    /// The users at this Core.
    pub fn new(core: &'a Core) -> Self {
        Self(core)
    }

    /// The user with this id.
    pub async fn get(self, user_id: &str) -> Result<Option<User>, CoreError> {
        self.0.user(user_id).await
    }

    /// Those who sign in with `email`, in whatever way.
    pub async fn by_email(self, email: &str) -> Result<Vec<User>, CoreError> {
        self.0.users_by_email(&form::normalised(email)).await
    }

    /// A page of users.
    pub async fn list(self, wanted: UserQuery<'_>) -> Result<UserPage, CoreError> {
        self.0.users(wanted).await
    }

    /// The number of all users.
    pub async fn count(self) -> Result<u64, CoreError> {
        self.0.count_users().await
    }

    /// Deletes a user with their sessions and roles. An unknown user is no error.
    pub async fn delete(self, user_id: &str) -> Result<(), CoreError> {
        self.0.delete_user(user_id).await
    }

    /// Who signs in with these, without signing them in.
    pub async fn verify_credentials(
        self,
        email: &str,
        password: &SecretString,
    ) -> Result<Option<User>, CoreError> {
        let email = form::normalised(email);
        Ok(match self.0.sign_in(&email, password.expose_secret()).await? {
            SignIn::Ok { user, .. } => Some(user),
            SignIn::WrongCredentialsError => None,
        })
    }

    /// Deletes one login method with its sessions; the user's linked ones stay. An unknown one is no error.
    pub async fn delete_login_method(self, recipe_user_id: &str) -> Result<(), CoreError> {
        self.0.delete_login_method(recipe_user_id).await
    }

    /// Sets the password, and ends every session of the user: somebody else may have opened one with the old password.
    pub async fn change_password(
        self,
        recipe_user_id: &str,
        password: &SecretString,
    ) -> Result<ChangePassword, CoreError> {
        if let Some(reason) = form::password_error(password.expose_secret()) {
            return Ok(ChangePassword::Refused(reason));
        }
        Ok(match self.0.set_password(recipe_user_id, password).await? {
            UpdateUser::Ok => {
                // After the change: a session that the old password opened in between would stay.
                self.0.revoke_and_deny_all(recipe_user_id).await?;
                ChangePassword::Changed
            }
            // Only for a change of email.
            UpdateUser::EmailAlreadyExistsError | UpdateUser::UnknownUserIdError => {
                ChangePassword::UnknownUser
            }
        })
    }

    /// Sets the email that a user signs in with; it is not verified then.
    pub async fn change_email(
        self,
        recipe_user_id: &str,
        email: &str,
    ) -> Result<ChangeEmail, CoreError> {
        let email = form::normalised(email);
        if let Some(reason) = form::email_error(&email) {
            return Ok(ChangeEmail::Refused(reason));
        }
        Ok(match self.0.set_email(recipe_user_id, &email).await? {
            UpdateUser::Ok => ChangeEmail::Changed,
            UpdateUser::EmailAlreadyExistsError => ChangeEmail::Taken,
            UpdateUser::UnknownUserIdError => ChangeEmail::UnknownUser,
        })
    }

    /// Holds the email of a login method for not verified. Answers whether there is such a method
    /// with an email.
    pub async fn unverify_email(self, recipe_user_id: &str) -> Result<bool, CoreError> {
        let user = self.0.user(recipe_user_id).await?;
        let method = user.as_ref().and_then(|user| user.login_method(recipe_user_id));
        let Some(email) = method.and_then(|method| method.email.as_deref()) else {
            return Ok(false);
        };
        self.0.unverify_email(recipe_user_id, email).await?;
        Ok(true)
    }
}
