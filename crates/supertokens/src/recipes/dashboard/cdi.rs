//! Those who administer users (dashboard users), and their sessions.

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::core::{Call, Core, CoreError};

const DASHBOARD: &str = "dashboard";
const USER: &str = "recipe/dashboard/user";

/// Somebody who can sign in to the dashboard.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DashboardUser {
    /// The user's id, a UUID.
    #[serde(rename = "userId")]
    pub id: String,
    /// The email, which is also the name.
    pub email: String,
    /// Milliseconds since 1970. The CDI's description has another name for it than its Core.
    #[serde(alias = "timeCreated")]
    pub time_joined: i64,
}

/// What came of a sign-in to the dashboard.
#[derive(Debug, Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DashboardSignIn {
    /// Signed in.
    #[serde(rename_all = "camelCase")]
    Ok {
        /// The id of the new session, which is its secret.
        session_id: SecretString,
    },
    /// No such email, or another password.
    InvalidCredentialsError,
    /// One more than the Core's licence allows; the text is for the user.
    UserSuspendedError {
        /// The Core's text for the administrator.
        message: String,
    },
}

/// What came of adding or changing a dashboard user.
#[derive(Debug, Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SetDashboardUser {
    /// Added or changed.
    Ok {
        /// The administrator as the Core has them now.
        user: DashboardUser,
    },
    /// An administrator with this email exists.
    EmailAlreadyExistsError,
    /// The Core does not accept this email.
    InvalidEmailError,
    /// The text is for the user.
    PasswordWeakError {
        /// The Core's text for the administrator.
        message: String,
    },
    /// There is no such administrator.
    UnknownUserError,
}

#[derive(Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
enum VerifySession {
    Ok { email: Option<String> },
    InvalidSessionError,
    UserSuspendedError,
}

#[derive(Deserialize)]
struct DashboardUsers {
    users: Vec<DashboardUser>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Removed {
    did_user_exist: bool,
}

#[derive(Deserialize)]
struct Tags {
    tags: Vec<String>,
}

impl Core {
    /// `POST /recipe/dashboard/signin`
    pub async fn dashboard_sign_in(
        &self,
        email: &str,
        password: &SecretString,
    ) -> Result<DashboardSignIn, CoreError> {
        let body = json!({"email": email, "password": password.expose_secret()});
        let call = Call::new(Method::POST, "recipe/dashboard/signin", None).body(body);
        self.transport.json(call.hashing()).await
    }

    /// `POST /recipe/dashboard/session/verify`: the email of whose session it is; none when it is
    /// not (any more), or the Core does not tell whose.
    pub async fn dashboard_session(
        &self,
        session_id: &SecretString,
    ) -> Result<Option<String>, CoreError> {
        let body = json!({"sessionId": session_id.expose_secret()});
        Ok(match self.post("recipe/dashboard/session/verify", DASHBOARD, body).await? {
            VerifySession::Ok { email } => email,
            VerifySession::InvalidSessionError | VerifySession::UserSuspendedError => None,
        })
    }

    /// `DELETE /recipe/dashboard/session`; fine, too, when there is none.
    pub async fn end_dashboard_session(&self, session_id: &SecretString) -> Result<(), CoreError> {
        let query = [("sessionId", session_id.expose_secret())];
        let call = Call::new(Method::DELETE, "recipe/dashboard/session", None).query(&query);
        let _: Value = self.transport.json(call).await?;
        Ok(())
    }

    /// `POST /recipe/dashboard/user`
    pub async fn add_dashboard_user(
        &self,
        email: &str,
        password: &SecretString,
    ) -> Result<SetDashboardUser, CoreError> {
        let body = json!({"email": email, "password": password.expose_secret()});
        self.set_dashboard_user(Method::POST, body).await
    }

    /// `PUT /recipe/dashboard/user`: ends the user's sessions, too.
    pub async fn set_dashboard_password(
        &self,
        email: &str,
        password: &SecretString,
    ) -> Result<SetDashboardUser, CoreError> {
        let body = json!({"email": email, "newPassword": password.expose_secret()});
        self.set_dashboard_user(Method::PUT, body).await
    }

    async fn set_dashboard_user(
        &self,
        method: Method,
        body: Value,
    ) -> Result<SetDashboardUser, CoreError> {
        self.transport.json(Call::new(method, USER, None).body(body).hashing()).await
    }

    /// `GET /recipe/dashboard/users`
    pub async fn dashboard_users(&self) -> Result<Vec<DashboardUser>, CoreError> {
        let found: DashboardUsers = self.get("recipe/dashboard/users", None, &[]).await?;
        Ok(found.users)
    }

    /// `DELETE /recipe/dashboard/user`; answers whether there was one.
    pub async fn remove_dashboard_user(&self, email: &str) -> Result<bool, CoreError> {
        let query = [("email", email)];
        let removed: Removed =
            self.transport.json(Call::new(Method::DELETE, USER, None).query(&query)).await?;
        Ok(removed.did_user_exist)
    }

    /// `GET /user/search/tags`: what users can be searched by.
    pub async fn search_tags(&self) -> Result<Vec<String>, CoreError> {
        let found: Tags = self.get("user/search/tags", None, &[]).await?;
        Ok(found.tags)
    }
}
