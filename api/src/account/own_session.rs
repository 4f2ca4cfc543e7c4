use async_graphql::{ID, SimpleObject};
use chrono::{DateTime, Utc};
use supertokens::account as manage;

use crate::graphql::Error;

/// One of the sessions of the user: one sign-in on one device.
#[derive(SimpleObject)]
pub struct OwnSession {
    /// Identifies the session: SuperTokens' session handle.
    id: ID,
    /// When the user signed in.
    created_at: DateTime<Utc>,
    /// Such as `Firefox on Windows`, where the browser said so when it signed in.
    device: Option<String>,
    /// Whether it is the session of this request.
    is_current: bool,
}

impl TryFrom<manage::OwnSession> for OwnSession {
    type Error = Error;

    fn try_from(session: manage::OwnSession) -> Result<Self, Error> {
        let millis = session.created_at;
        let created_at = DateTime::from_timestamp_millis(millis)
            .ok_or_else(|| Error::Internal(format!("a session was created at {millis}")))?;
        let manage::OwnSession { handle, device, is_current, .. } = session;
        Ok(Self { id: handle.into(), created_at, device, is_current })
    }
}
