//! Sessions by handle or by user: look, change, end.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Core, CoreError, CoreToken, Revoked};

const SESSION: &str = "session";

/// What the Core keeps of a session. Times are in milliseconds since 1970.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionInformation {
    pub session_handle: String,
    pub user_id: String,
    pub recipe_user_id: String,
    /// Claims that the next access token carries, beside the Core's own.
    #[serde(rename = "userDataInJWT")]
    pub access_token_payload: Map<String, Value>,
    /// What only the server sees.
    #[serde(rename = "userDataInDatabase")]
    pub session_data: Map<String, Value>,
    pub time_created: i64,
    pub expiry: i64,
}

/// A token with another payload, as far as there is still a session for it.
#[derive(Debug, Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Regenerate {
    #[serde(rename_all = "camelCase")]
    Ok {
        /// None when the token had ended meanwhile: the next refresh brings the payload.
        access_token: Option<CoreToken>,
    },
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

impl Core {
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
    pub(super) async fn handles(
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
    pub(in crate::supertokens) async fn sign_out(&self, handle: &str) -> Result<(), CoreError> {
        self.remove_sessions(&[handle]).await.map(drop)
    }

    /// Denies the access tokens of sessions that ended, and closes their sockets.
    pub(super) fn deny(&self, handles: &[impl AsRef<str>]) {
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
