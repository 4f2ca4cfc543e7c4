//! CDI of the recipe EmailPassword.

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;

use crate::{
    core::{Core, CoreError, TENANT},
    recipes::emailverification::cdi::TokenOwner,
    users::{User, cdi::UpdateUser},
};

const EMAIL_PASSWORD: &str = "emailpassword";

/// Response to `POST /recipe/signup`.
#[derive(Debug, Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SignUp {
    /// The new user.
    #[serde(rename_all = "camelCase")]
    Ok {
        /// The user with all login methods.
        user: User,
        /// The id of the login method that was used.
        recipe_user_id: String,
    },
    /// A user with this email exists.
    EmailAlreadyExistsError,
}

/// Response to `POST /recipe/signin`.
#[derive(Debug, Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SignIn {
    /// Email and password are right.
    #[serde(rename_all = "camelCase")]
    Ok {
        /// The user with all login methods.
        user: User,
        /// The id of the login method that was used.
        recipe_user_id: String,
    },
    /// No such email, or another password.
    WrongCredentialsError,
}

#[derive(Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
enum ResetToken {
    Ok { token: String },
    UnknownUserIdError,
}

#[derive(Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
enum ConsumeResetToken {
    Ok(TokenOwner),
    ResetPasswordInvalidTokenError,
}

impl Core {
    /// `POST /recipe/signup`
    pub async fn sign_up(&self, email: &str, password: &str) -> Result<SignUp, CoreError> {
        let body = json!({"email": email, "password": password});
        self.hashing(Method::POST, "recipe/signup", body).await
    }

    /// `POST /recipe/signin`
    pub async fn sign_in(&self, email: &str, password: &str) -> Result<SignIn, CoreError> {
        let body = json!({"email": email, "password": password});
        self.hashing(Method::POST, "recipe/signin", body).await
    }

    /// `PUT /recipe/user`
    pub async fn set_password(
        &self,
        recipe_user_id: &str,
        password: &SecretString,
    ) -> Result<UpdateUser, CoreError> {
        let body = json!({"recipeUserId": recipe_user_id, "password": password.expose_secret()});
        self.hashing(Method::PUT, "recipe/user", body).await
    }

    /// `PUT /recipe/user`
    pub async fn set_email(
        &self,
        recipe_user_id: &str,
        email: &str,
    ) -> Result<UpdateUser, CoreError> {
        let body = json!({"recipeUserId": recipe_user_id, "email": email});
        self.put("recipe/user", "emailpassword", body).await
    }

    /// `POST /recipe/user/password/reset/token`; none when there is no such user.
    pub async fn create_reset_token(
        &self,
        user_id: &str,
        email: &str,
    ) -> Result<Option<SecretString>, CoreError> {
        let path = format!("{TENANT}/recipe/user/password/reset/token");
        let body = json!({"userId": user_id, "email": email});
        Ok(match self.post(&path, EMAIL_PASSWORD, body).await? {
            ResetToken::Ok { token } => Some(token.into()),
            ResetToken::UnknownUserIdError => None,
        })
    }

    /// `POST /recipe/user/password/reset/token/consume`: spends the token, and with it all others
    /// of that user; none when it is not valid (any more).
    pub async fn consume_reset_token(
        &self,
        token: &SecretString,
    ) -> Result<Option<TokenOwner>, CoreError> {
        let path = format!("{TENANT}/recipe/user/password/reset/token/consume");
        let body = json!({"method": "token", "token": token.expose_secret()});
        Ok(match self.post(&path, EMAIL_PASSWORD, body).await? {
            ConsumeResetToken::Ok(owner) => Some(owner),
            ConsumeResetToken::ResetPasswordInvalidTokenError => None,
        })
    }
}
