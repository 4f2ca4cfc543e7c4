//! Sessions by handle or by user.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Map, Value};

use crate::{
    backend::SuperTokens,
    core::{Core, CoreError},
    session::{cdi::SessionInformation, payload},
};

/// How many sessions are asked for at once.
const AT_ONCE: usize = 8;

/// Sessions, from the server's side. A session that is not there (any more) is no error.
#[derive(Clone, Copy)]
pub struct Sessions<'a>(&'a Core);

impl SuperTokens {
    /// Sessions, from the server's side.
    pub fn sessions(&self) -> Sessions<'_> {
        Sessions::new(self.core())
    }
}

impl<'a> Sessions<'a> {
    /// The sessions at this Core.
    pub fn new(core: &'a Core) -> Self {
        Self(core)
    }

    /// The sessions of a user, oldest first.
    pub async fn of_user(self, user_id: &str) -> Result<Vec<SessionInformation>, CoreError> {
        let handles = self.0.session_handles(user_id).await?;
        stream::iter(handles)
            .map(async |handle| self.0.session_information(&handle).await)
            .buffered(AT_ONCE)
            // Those that ended in between are none.
            .try_filter_map(async |information| Ok(information))
            .try_collect()
            .await
    }

    /// What the Core keeps of a session.
    pub async fn information(self, handle: &str) -> Result<Option<SessionInformation>, CoreError> {
        self.0.session_information(handle).await
    }

    /// Changes the payload that the next access token of the session carries: `null` takes a
    /// claim out. Answers whether the session is there.
    pub async fn merge_into_payload(
        self,
        handle: &str,
        changes: Map<String, Value>,
    ) -> Result<bool, CoreError> {
        let Some(session) = self.0.session_information(handle).await? else {
            return Ok(false);
        };
        let mut payload = session.access_token_payload;
        payload::merge(&mut payload, changes);
        self.0.set_payload(handle, &payload).await
    }

    /// Replaces the data that only the server sees. Answers whether the session is there.
    pub async fn set_data(
        self,
        handle: &str,
        data: &Map<String, Value>,
    ) -> Result<bool, CoreError> {
        self.0.set_session_data(handle, data).await
    }

    /// Ends a session, and denies its access token. Returns whether it existed.
    pub async fn revoke(self, handle: &str) -> Result<bool, CoreError> {
        Ok(!self.0.revoke_and_deny(&[handle]).await?.is_empty())
    }

    /// Ends all sessions of a user, and denies their access tokens. Returns their handles.
    pub async fn revoke_all(self, user_id: &str) -> Result<Vec<String>, CoreError> {
        self.0.revoke_and_deny_all(user_id).await
    }
}
