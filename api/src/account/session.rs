use async_graphql::{Context, ID, Json, Object, Result};
use chrono::{DateTime, Utc};
use serde_json::Value;
use supertokens::Claims;

use super::loader::EmailLoader;
use crate::graphql::{Error, context::own_account};

/// The session of this request: who is signed in, and until when.
pub struct Session(pub Claims);

/// The session of this request: who is signed in, and until when.
#[Object]
impl Session {
    /// The user who is signed in.
    async fn user_id(&self) -> ID {
        self.0.user_id().into()
    }

    /// Identifies the session, one sign-in on one device: SuperTokens' session handle.
    async fn id(&self) -> ID {
        self.0.session_handle().into()
    }

    /// The email that the user signs in with.
    #[graphql(complexity = "crate::graphql::ROUND_TRIP")]
    async fn email(&self, context: &Context<'_>) -> Result<Option<String>> {
        Ok(EmailLoader::load(context).await?)
    }

    /// Whether the user signs in with a password; else it is with an account elsewhere.
    #[graphql(complexity = "crate::graphql::ROUND_TRIP")]
    async fn has_password(&self, context: &Context<'_>) -> Result<bool> {
        Ok(own_account(context)?.has_password().await.map_err(Error::from)?)
    }

    /// When the access token expires. Clients refresh it then; the session goes on.
    async fn expires_at(&self) -> Result<DateTime<Utc>> {
        let seconds = self.0.expires_at();
        let expires_at = DateTime::from_timestamp(seconds, 0);
        Ok(expires_at.ok_or_else(|| Error::Internal(format!("exp is {seconds}")))?)
    }

    /// The claims of the access token, as the database sees them.
    async fn access_token_payload(&self) -> Result<Json<Value>> {
        let payload = serde_json::from_str(self.0.payload().get());
        Ok(payload.map(Json).map_err(|error| Error::Internal(error.to_string()))?)
    }
}
