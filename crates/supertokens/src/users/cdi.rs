//! Users: change, list, count, remove.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    core::{Core, CoreError, TENANT},
    users::User,
};

/// What came of a change of email or password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UpdateUser {
    /// The user has the new value.
    Ok,
    /// There is no such user.
    UnknownUserIdError,
    /// Another user has this email.
    EmailAlreadyExistsError,
}

/// Where a list of users begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// By `timeJoined`, descending.
    #[default]
    NewestFirst,
    /// By `timeJoined`, ascending.
    OldestFirst,
}

/// Which users are asked for. With `email`, `phone` or `provider` the answer is never continued;
/// several to look for stand with `;` between.
#[derive(Debug, Clone, Copy, Default)]
pub struct UserQuery<'a> {
    /// How many at most, 1 to 500.
    pub limit: u16,
    /// The order, which a page token belongs to.
    pub order: Order,
    /// Where the page begins: `next` of the one before. None: at the beginning.
    pub from: Option<&'a str>,
    /// Only those whose email, or its domain, begins so.
    pub email: Option<&'a str>,
    /// Only those whose phone number begins so.
    pub phone: Option<&'a str>,
    /// Only those who sign in with a provider whose id begins so.
    pub provider: Option<&'a str>,
}

/// A page of users.
#[derive(Debug, Clone, Deserialize)]
pub struct UserPage {
    /// The users in the order that was asked for.
    pub users: Vec<User>,
    /// Where the next page begins, if there is one.
    #[serde(rename = "nextPaginationToken")]
    pub next: Option<String>,
}

#[derive(Deserialize)]
struct Count {
    count: u64,
}

#[derive(Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
enum GetUser {
    Ok { user: User },
    UnknownUserIdError,
}

#[derive(Deserialize)]
struct Users {
    users: Vec<User>,
}

impl Core {
    /// `GET /users/by-accountinfo`: those who sign in with `email`.
    pub async fn users_by_email(&self, email: &str) -> Result<Vec<User>, CoreError> {
        let query = [("email", email), ("doUnionOfAccountInfo", "false")];
        let found: Users =
            self.get(&format!("{TENANT}/users/by-accountinfo"), None, &query).await?;
        Ok(found.users)
    }

    /// `GET /user/id`
    pub async fn user(&self, user_id: &str) -> Result<Option<User>, CoreError> {
        match self.get("user/id", None, &[("userId", user_id)]).await? {
            GetUser::Ok { user } => Ok(Some(user)),
            GetUser::UnknownUserIdError => Ok(None),
        }
    }

    /// `GET /users`
    pub async fn users(&self, wanted: UserQuery<'_>) -> Result<UserPage, CoreError> {
        let limit = wanted.limit.to_string();
        let order = match wanted.order {
            Order::NewestFirst => "DESC",
            Order::OldestFirst => "ASC",
        };
        let mut query = vec![("timeJoinedOrder", order), ("limit", limit.as_str())];
        for (name, value) in [
            ("paginationToken", wanted.from),
            ("email", wanted.email),
            ("phone", wanted.phone),
            ("provider", wanted.provider),
        ] {
            query.extend(value.map(|value| (name, value)));
        }
        self.get(&format!("{TENANT}/users"), None, &query).await
    }

    /// `GET /users/count`
    pub async fn count_users(&self) -> Result<u64, CoreError> {
        let query = [("includeAllTenants", "true")];
        let found: Count = self.get(&format!("{TENANT}/users/count"), None, &query).await?;
        Ok(found.count)
    }

    /// `POST /user/remove`: deletes a user with their sessions, and denies their access tokens. An unknown user is no
    /// error.
    pub async fn delete_user(&self, user_id: &str) -> Result<(), CoreError> {
        self.remove_user(user_id, true).await
    }

    /// `POST /user/remove`: as [`delete_user`](Self::delete_user), without what is linked to it.
    pub async fn delete_login_method(&self, recipe_user_id: &str) -> Result<(), CoreError> {
        self.remove_user(recipe_user_id, false).await
    }

    async fn remove_user(&self, user_id: &str, with_linked: bool) -> Result<(), CoreError> {
        // Before: the Core deletes the sessions with the user.
        let handles = self.handles(user_id, with_linked).await?;
        let body = json!({"userId": user_id, "removeAllLinkedAccounts": with_linked});
        let _: Value = self.post("user/remove", None, body).await?;
        self.deny(&handles);
        self.watched.end_of_user(user_id);
        Ok(())
    }
}
