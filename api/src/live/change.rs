//! What the database says of a change.

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// A change of one todo. A hint: any role of the database can notify, so what is true of the todo is
/// what its user reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    pub id: i64,
    /// Of the todo, or of its deletion.
    pub revision: i64,
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Kind {
    #[serde(rename = "INSERT")]
    Added,
    #[serde(rename = "UPDATE")]
    Updated,
    #[serde(rename = "DELETE")]
    Deleted,
}

/// A user, as notifications name them: by a digest that whoever knows the id can make. So who listens
/// on the channel learns no ids of users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UserDigest([u8; 32]);

impl UserDigest {
    pub fn of(user_id: &str) -> Self {
        Self(Sha256::digest(user_id.as_bytes()).into())
    }
}

/// What one statement did to one user's todos.
#[derive(Debug, PartialEq, Eq)]
pub struct Notification {
    pub user: UserDigest,
    /// None: more than are named, so the list is to be read again.
    pub changes: Option<Vec<Change>>,
}

#[derive(Deserialize)]
struct Payload<'a> {
    user: &'a str,
    op: Kind,
    ids: Option<Vec<i64>>,
    revisions: Option<Vec<i64>>,
}

impl Notification {
    /// Reads a payload as `notify_todo_changes()` makes it.
    pub fn parse(payload: &str) -> Option<Self> {
        let Payload { user, op, ids, revisions } = serde_json::from_str(payload).ok()?;
        let mut digest = [0; 32];
        hex::decode_to_slice(user, &mut digest).ok()?;
        let change = |(id, revision)| Change { id, revision, kind: op };
        let changes = match (ids, revisions) {
            (None, _) => None,
            (Some(ids), Some(revisions)) if ids.len() == revisions.len() => {
                Some(ids.into_iter().zip(revisions).map(change).collect())
            }
            (Some(_), _) => return None,
        };
        Some(Self { user: UserDigest(digest), changes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: &str = "9f9d51bc70ef21ca5c14f307980a29d8";

    #[test]
    fn a_payload_names_a_user_by_digest_and_todos_by_id() {
        let user = hex::encode(UserDigest::of(ADA).0);
        let read = |ids: &str| {
            Notification::parse(&format!(
                r#"{{"user": "{user}", "op": "DELETE", "ids": {ids}, "revisions": [5, 6]}}"#
            ))
        };
        let change = |id| Change { id, revision: id + 4, kind: Kind::Deleted };
        let user = UserDigest::of(ADA);
        let changes = Some(vec![change(1), change(2)]);
        assert_eq!(read("[1, 2]"), Some(Notification { user, changes }));
        assert_eq!(read("null"), Some(Notification { user, changes: None }));
    }

    #[test]
    fn what_is_no_notification_of_ours_is_none() {
        let user = hex::encode(UserDigest::of(ADA).0);
        for payload in [
            String::new(),
            "{}".into(),
            r#"{"user": "ada", "op": "INSERT", "ids": [1], "revisions": [1]}"#.into(),
            format!(r#"{{"user": "{user}", "op": "TRUNCATE", "ids": [1], "revisions": [1]}}"#),
            format!(r#"{{"user": "{user}", "op": "INSERT", "ids": ["1"], "revisions": [1]}}"#),
            format!(r#"{{"user": "{user}", "op": "INSERT", "ids": [1, 2], "revisions": [1]}}"#),
            format!(r#"{{"user": "{user}", "op": "INSERT", "ids": [1]}}"#),
        ] {
            assert_eq!(Notification::parse(&payload), None, "{payload}");
        }
    }
}
