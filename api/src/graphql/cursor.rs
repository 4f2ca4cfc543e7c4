//! Cursors: where a page of todos ends, as the index sees it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Datelike as _, Utc};

use super::Error;
use crate::entity::todo;

/// The sort key of a todo: open first, then newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TodoCursor {
    pub is_open: bool,
    pub inserted_at: DateTime<Utc>,
    pub id: i64,
}

impl From<&todo::Model> for TodoCursor {
    fn from(todo: &todo::Model) -> Self {
        Self { is_open: !todo.is_complete, inserted_at: todo.inserted_at, id: todo.id }
    }
}

impl TodoCursor {
    /// Opaque to clients: base64url of `open:microseconds:id`.
    pub fn encode(&self) -> String {
        let Self { is_open, inserted_at, id } = self;
        let micros = inserted_at.timestamp_micros();
        URL_SAFE_NO_PAD.encode(format!("{}:{micros}:{id}", u8::from(*is_open)))
    }

    pub fn decode(text: &str) -> Result<Self, Error> {
        Self::parse(text).ok_or_else(|| {
            Error::bad_input("This cursor is none of ours: pass endCursor of an earlier page.")
        })
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let mut parts = std::str::from_utf8(&bytes).ok()?.splitn(3, ':');
        let is_open = match parts.next()? {
            "0" => false,
            "1" => true,
            _ => return None,
        };
        let inserted_at = DateTime::from_timestamp_micros(parts.next()?.parse().ok()?)?;
        // PostgreSQL's timestamps end before chrono's do.
        if !(1970..10_000).contains(&inserted_at.year()) {
            return None;
        }
        let id = parts.next()?.parse().ok()?;
        Some(Self { is_open, inserted_at, id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_encoding() {
        let inserted_at = DateTime::from_timestamp_micros(1_795_460_879_123_456).unwrap();
        for (is_open, id) in [(true, 1), (false, i64::MAX)] {
            let cursor = TodoCursor { is_open, inserted_at, id };
            assert_eq!(TodoCursor::decode(&cursor.encode()).unwrap(), cursor);
        }
    }

    #[test]
    fn foreign_cursors_are_bad_input() {
        let encoded = [
            "",
            "1:2",
            "2:1:1",
            "1:x:1",
            "1:1:x",
            "1:9223372036854775807:1",
            "1:-8000000000000000000:1",
        ]
        .map(|text| URL_SAFE_NO_PAD.encode(text));
        for text in encoded.iter().map(String::as_str).chain(["%%%", "MTox"]) {
            assert!(matches!(TodoCursor::decode(text), Err(Error::BadUserInput(_))), "{text}");
        }
    }
}
