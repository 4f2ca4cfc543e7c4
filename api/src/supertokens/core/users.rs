//! Users: change, list, count, remove.

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Core, CoreError};
use crate::supertokens::{TENANT, user::User};

/// What came of a change of email or password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UpdateUser {
    Ok,
    UnknownUserIdError,
    EmailAlreadyExistsError,
}

/// Which users are asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct UserQuery<'a> {
    /// How many at most, 1 to 500.
    pub limit: u16,
    /// Where the page begins: `next` of the one before. None: at the newest.
    pub from: Option<&'a str>,
    /// Only those whose email, or its domain, begins so. Such an answer is never continued.
    pub email: Option<&'a str>,
}

/// A page of users.
#[derive(Debug, Clone, Deserialize)]
pub struct UserPage {
    pub users: Vec<User>,
    /// Where the next page begins, if there is one.
    #[serde(rename = "nextPaginationToken")]
    pub next: Option<String>,
}

#[derive(Deserialize)]
struct Count {
    count: u64,
}

impl Core {
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

    /// `GET /users`: newest first.
    pub async fn users(&self, wanted: UserQuery<'_>) -> Result<UserPage, CoreError> {
        let limit = wanted.limit.to_string();
        let mut query = vec![("timeJoinedOrder", "DESC"), ("limit", limit.as_str())];
        query.extend(wanted.from.map(|from| ("paginationToken", from)));
        query.extend(wanted.email.map(|email| ("email", email)));
        self.get(&format!("{TENANT}/users"), None, &query).await
    }

    /// `GET /users/count`
    pub async fn count_users(&self) -> Result<u64, CoreError> {
        let query = [("includeAllTenants", "true")];
        let found: Count = self.get(&format!("{TENANT}/users/count"), None, &query).await?;
        Ok(found.count)
    }

    /// `POST /user/remove`; fine, too, when there is no such user.
    pub async fn delete_user(&self, user_id: &str) -> Result<(), CoreError> {
        let body = json!({"userId": user_id, "removeAllLinkedAccounts": true});
        let _: Value = self.post("user/remove", None, body).await?;
        Ok(())
    }
}
