//! CDI of the recipe EmailVerification.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::core::{Core, CoreError, TENANT};

const EMAIL_VERIFICATION: &str = "emailverification";

/// Whose token it was, and for which email it was made.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenOwner {
    /// The id of the login method (`recipeUserId`).
    pub user_id: String,
    /// The email that the token was made for.
    pub email: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Verified {
    is_verified: bool,
}

#[derive(Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
enum VerificationToken {
    Ok { token: String },
    EmailAlreadyVerifiedError,
}

#[derive(Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
enum VerifyEmail {
    Ok(TokenOwner),
    EmailVerificationInvalidTokenError,
}

impl Core {
    /// `GET /recipe/user/email/verify`
    pub async fn is_email_verified(&self, user_id: &str, email: &str) -> Result<bool, CoreError> {
        let query = [("userId", user_id), ("email", email)];
        let found: Verified =
            self.get("recipe/user/email/verify", Some(EMAIL_VERIFICATION), &query).await?;
        Ok(found.is_verified)
    }

    /// `POST /recipe/user/email/verify/token`; none when the email is verified already.
    pub async fn create_verification_token(
        &self,
        user_id: &str,
        email: &str,
    ) -> Result<Option<SecretString>, CoreError> {
        let path = format!("{TENANT}/recipe/user/email/verify/token");
        let body = json!({"userId": user_id, "email": email});
        Ok(match self.post(&path, EMAIL_VERIFICATION, body).await? {
            VerificationToken::Ok { token } => Some(token.into()),
            VerificationToken::EmailAlreadyVerifiedError => None,
        })
    }

    /// `POST /recipe/user/email/verify`: spends the token; none when it is not valid (any more).
    pub async fn verify_email(
        &self,
        token: &SecretString,
    ) -> Result<Option<TokenOwner>, CoreError> {
        let path = format!("{TENANT}/recipe/user/email/verify");
        let body = json!({"method": "token", "token": token.expose_secret()});
        Ok(match self.post(&path, EMAIL_VERIFICATION, body).await? {
            VerifyEmail::Ok(owner) => Some(owner),
            VerifyEmail::EmailVerificationInvalidTokenError => None,
        })
    }

    /// `POST /recipe/user/email/verify/remove`
    pub async fn unverify_email(&self, user_id: &str, email: &str) -> Result<(), CoreError> {
        let body = json!({"userId": user_id, "email": email});
        let _: Value =
            self.post("recipe/user/email/verify/remove", EMAIL_VERIFICATION, body).await?;
        Ok(())
    }
}
