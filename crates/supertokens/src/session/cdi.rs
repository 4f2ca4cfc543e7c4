//! CDI of the recipe Session.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::core::{Core, CoreError, TENANT};

const SESSION: &str = "session";

/// What the Core keeps of a session. Times are in milliseconds since 1970.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionInformation {
    /// The session handle, a UUID.
    pub session_handle: String,
    /// The user that the session belongs to.
    pub user_id: String,
    /// The login method that opened the session.
    pub recipe_user_id: String,
    /// Claims that the next access token carries, beside the Core's own.
    #[serde(rename = "userDataInJWT")]
    pub access_token_payload: Map<String, Value>,
    /// What only the server sees.
    #[serde(rename = "userDataInDatabase")]
    pub session_data: Map<String, Value>,
    /// When the session was opened.
    pub time_created: i64,
    /// When the session ends unless it is refreshed.
    pub expiry: i64,
}

/// A token with another payload, as far as there is still a session for it.
#[derive(Debug, Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Regenerate {
    /// The session has the payload.
    #[serde(rename_all = "camelCase")]
    Ok {
        /// None when the token had ended meanwhile: the next refresh brings the payload.
        access_token: Option<CoreToken>,
    },
    /// The session has ended.
    Unauthorised,
}

#[derive(Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
enum Found {
    Ok(SessionInformation),
    Unauthorised,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Handles {
    session_handles: Vec<String>,
}

#[derive(Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
enum Changed {
    Ok,
    Unauthorised,
}

/// CDI `session`: who a session belongs to, and its claims.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CoreSession {
    /// The session handle, a UUID.
    pub handle: String,
    /// The user that the session belongs to.
    pub user_id: String,
}

/// A token as the Core hands it out. Times are in milliseconds since 1970.
#[derive(Debug, Deserialize)]
pub struct CoreToken {
    /// The token itself.
    pub token: SecretString,
    /// When it expires.
    pub expiry: i64,
}

/// A new session, or one that was refreshed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionTokens {
    /// The session that the tokens belong to.
    pub session: CoreSession,
    /// The access token, a JWT.
    pub access_token: CoreToken,
    /// The refresh token, which can be used once.
    pub refresh_token: CoreToken,
}

/// Response to `POST /recipe/session/refresh`.
#[derive(Debug, Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Refresh {
    /// New tokens.
    Ok(SessionTokens),
    /// The refresh token is none, or its session has ended.
    Unauthorised {
        /// The Core's reason, for the log.
        message: String,
    },
    /// The refresh token was used before, by somebody else.
    TokenTheftDetected {
        /// The session that the token belongs to, which the Core has not ended.
        session: CoreSession,
    },
}

/// Response to `POST /recipe/session/verify`.
#[derive(Debug, Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verify {
    /// The session is valid.
    #[serde(rename_all = "camelCase")]
    Ok {
        /// Set when the token is to be replaced by this one.
        access_token: Option<CoreToken>,
    },
    /// The session has ended.
    Unauthorised {
        /// The Core's reason, for the log.
        message: String,
    },
    /// The token has expired or is signed with a key that is gone.
    TryRefreshToken {
        /// The Core's reason, for the log.
        message: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Revoked {
    session_handles_revoked: Vec<String>,
}

/// The parts of a new session that the backend chooses.
#[derive(Debug)]
pub struct NewSession<'a> {
    /// The user that the session belongs to.
    pub user_id: &'a str,
    /// Claims for the access token, beside those that the Core sets.
    pub access_token_payload: Value,
    /// What only the server sees.
    pub session_data: Value,
    /// Whether the refresh needs an anti-CSRF token, too.
    pub enable_anti_csrf: bool,
}

impl Core {
    /// `POST /recipe/session`
    pub async fn create_session(&self, new: NewSession<'_>) -> Result<SessionTokens, CoreError> {
        let body = json!({
            "userId": new.user_id,
            "userDataInJWT": new.access_token_payload,
            "userDataInDatabase": new.session_data,
            "useDynamicSigningKey": true,
            "enableAntiCsrf": new.enable_anti_csrf,
        });
        self.post(&format!("{TENANT}/recipe/session"), "session", body).await
    }

    /// `POST /recipe/session/refresh`
    pub async fn refresh_session(
        &self,
        refresh_token: &str,
        anti_csrf_token: Option<&str>,
        enable_anti_csrf: bool,
    ) -> Result<Refresh, CoreError> {
        let mut body = Map::new();
        body.insert("refreshToken".to_owned(), refresh_token.into());
        body.insert("enableAntiCsrf".to_owned(), enable_anti_csrf.into());
        body.insert("useDynamicSigningKey".to_owned(), true.into());
        if let Some(token) = anti_csrf_token {
            body.insert("antiCsrfToken".to_owned(), token.into());
        }
        self.post("recipe/session/refresh", "session", body.into()).await
    }

    /// `POST /recipe/session/verify`: tells the Core of a refreshed token's first use, and checks
    /// that the session lives.
    pub async fn verify_session(
        &self,
        access_token: &str,
        check_database: bool,
    ) -> Result<Verify, CoreError> {
        // The proof against CSRF was checked by us already, with the same data.
        let body = json!({
            "accessToken": access_token,
            "doAntiCsrfCheck": false,
            "enableAntiCsrf": false,
            "checkDatabase": check_database,
        });
        self.post("recipe/session/verify", "session", body).await
    }

    /// `POST /recipe/session/regenerate`: sets the payload, and makes a token that has it.
    pub async fn regenerate(
        &self,
        access_token: &SecretString,
        payload: &Map<String, Value>,
    ) -> Result<Regenerate, CoreError> {
        let body = json!({"accessToken": access_token.expose_secret(), "userDataInJWT": payload});
        self.post("recipe/session/regenerate", SESSION, body).await
    }

    /// `GET /recipe/session/user`: the handles of a user's sessions, oldest first.
    pub async fn session_handles(&self, user_id: &str) -> Result<Vec<String>, CoreError> {
        self.handles(user_id, true).await
    }

    /// As [`session_handles`](Self::session_handles). Without `with_linked`, only sessions that this login method opened.
    pub(crate) async fn handles(
        &self,
        user_id: &str,
        with_linked: bool,
    ) -> Result<Vec<String>, CoreError> {
        let query = [
            ("userId", user_id),
            ("fetchSessionsForAllLinkedAccounts", if with_linked { "true" } else { "false" }),
            ("fetchAcrossAllTenants", "true"),
        ];
        let found: Handles = self.get("recipe/session/user", Some(SESSION), &query).await?;
        Ok(found.session_handles)
    }

    /// `GET /recipe/session`
    pub async fn session_information(
        &self,
        handle: &str,
    ) -> Result<Option<SessionInformation>, CoreError> {
        let query = [("sessionHandle", handle)];
        Ok(match self.get("recipe/session", Some(SESSION), &query).await? {
            Found::Ok(information) => Some(information),
            Found::Unauthorised => None,
        })
    }

    /// `PUT /recipe/jwt/data`, for tokens yet to be made; answers whether the session is there.
    pub async fn set_payload(
        &self,
        handle: &str,
        payload: &Map<String, Value>,
    ) -> Result<bool, CoreError> {
        let body = json!({"sessionHandle": handle, "userDataInJWT": payload});
        let changed = self.put("recipe/jwt/data", SESSION, body).await?;
        Ok(matches!(changed, Changed::Ok))
    }

    /// `PUT /recipe/session/data`; answers whether the session is there.
    pub async fn set_session_data(
        &self,
        handle: &str,
        data: &Map<String, Value>,
    ) -> Result<bool, CoreError> {
        let body = json!({"sessionHandle": handle, "userDataInDatabase": data});
        let changed = self.put("recipe/session/data", SESSION, body).await?;
        Ok(matches!(changed, Changed::Ok))
    }

    /// `POST /recipe/session/remove`: ends sessions, and denies their access tokens in this process. Returns the
    /// handles of those that existed.
    pub async fn revoke_and_deny(&self, handles: &[&str]) -> Result<Vec<String>, CoreError> {
        let removed = self.remove_sessions(handles).await?;
        // Also those that did not exist: their tokens may not have expired.
        self.denied.add(handles);
        Ok(removed)
    }

    /// As [`revoke_and_deny`](Self::revoke_and_deny), every session of a user.
    pub async fn revoke_and_deny_all(&self, user_id: &str) -> Result<Vec<String>, CoreError> {
        let body = json!({
            "userId": user_id,
            "revokeSessionsForLinkedAccounts": true,
            "revokeAcrossAllTenants": true,
        });
        let removed: Revoked = self.post("recipe/session/remove", SESSION, body).await?;
        self.deny(&removed.session_handles_revoked);
        Ok(removed.session_handles_revoked)
    }

    /// Ends a session on behalf of its own holder. The access token is good until it expires, as recorded.
    pub(crate) async fn sign_out(&self, handle: &str) -> Result<(), CoreError> {
        self.remove_sessions(&[handle]).await.map(drop)
    }

    /// Denies the access tokens of sessions that ended, and closes their sockets.
    pub(crate) fn deny(&self, handles: &[impl AsRef<str>]) {
        self.denied.add(handles);
        self.watched.end(handles);
    }

    /// `POST /recipe/session/remove`. Private: it leaves the access tokens good.
    async fn remove_sessions(&self, handles: &[&str]) -> Result<Vec<String>, CoreError> {
        let body = json!({"sessionHandles": handles});
        let removed: Revoked = self.post("recipe/session/remove", SESSION, body).await?;
        self.watched.end(handles);
        Ok(removed.session_handles_revoked)
    }
}
