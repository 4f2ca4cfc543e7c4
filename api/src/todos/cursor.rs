//! Cursors: the place of a todo in one order.
//!
//! A cursor is good with every filter: it says where to go on, not what to find there.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Datelike as _, Utc};

use super::{columns::Row, order::TodoOrder};
use crate::graphql::Error;

/// The sort keys of a todo, of whatever order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub is_open: bool,
    pub inserted_at: DateTime<Utc>,
    pub id: i64,
}

impl Place {
    /// Nothing where not all of the keys were read.
    pub fn of(row: &Row) -> Option<Self> {
        Some(Self { is_open: !row.is_complete?, inserted_at: row.inserted_at?, id: row.id })
    }
}

/// Opaque to clients: base64url of `order:open:microseconds:id`.
pub fn encode(place: &Place, order: TodoOrder) -> String {
    let Place { is_open, inserted_at, id } = place;
    let micros = inserted_at.timestamp_micros();
    URL_SAFE_NO_PAD.encode(format!("{}:{}:{micros}:{id}", tag(order), u8::from(*is_open)))
}

/// The place that a cursor of this order marks.
pub fn decode(text: &str, order: TodoOrder) -> Result<Place, Error> {
    match parse(text) {
        Some((tagged, place)) if tagged == tag(order) => Ok(place),
        Some(_) => Err(Error::bad_input(
            "This cursor is of another order: pass the orderBy that it came with.",
        )),
        None => Err(Error::bad_input(
            "This cursor is none of ours: pass startCursor or endCursor of another page.",
        )),
    }
}

/// Whether the database can hold the moment: PostgreSQL's years end before chrono's do.
pub fn is_storable(moment: DateTime<Utc>) -> bool {
    (1..10_000).contains(&moment.year())
}

fn tag(order: TodoOrder) -> char {
    match order {
        TodoOrder::OpenFirst => 's',
        TodoOrder::NewestFirst => 'n',
        TodoOrder::OldestFirst => 'o',
    }
}

fn parse(text: &str) -> Option<(char, Place)> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let mut parts = std::str::from_utf8(&bytes).ok()?.splitn(4, ':');
    let tag = match parts.next()? {
        "s" => 's',
        "n" => 'n',
        "o" => 'o',
        _ => return None,
    };
    let is_open = match parts.next()? {
        "0" => false,
        "1" => true,
        _ => return None,
    };
    let inserted_at = DateTime::from_timestamp_micros(parts.next()?.parse().ok()?)?;
    let id = parts.next()?.parse().ok()?;
    is_storable(inserted_at).then_some((tag, Place { is_open, inserted_at, id }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDERS: [TodoOrder; 3] =
        [TodoOrder::OpenFirst, TodoOrder::NewestFirst, TodoOrder::OldestFirst];

    fn place() -> Place {
        let inserted_at = DateTime::from_timestamp_micros(1_795_460_879_123_456).unwrap();
        Place { is_open: true, inserted_at, id: 1 }
    }

    #[test]
    fn a_cursor_survives_its_encoding() {
        for order in ORDERS {
            for place in [place(), Place { is_open: false, id: i64::MAX, ..place() }] {
                assert_eq!(decode(&encode(&place, order), order).unwrap(), place);
            }
        }
    }

    #[test]
    fn a_cursor_of_another_order_is_bad_input() {
        for (one, other) in ORDERS.iter().flat_map(|one| ORDERS.map(|other| (*one, other))) {
            let decoded = decode(&encode(&place(), one), other);
            assert_eq!(decoded.is_ok(), one == other, "{one:?} as {other:?}");
        }
    }

    #[test]
    fn foreign_cursors_are_bad_input() {
        let encoded = [
            "",
            "s",
            "1:1:1",
            "s:1:2",
            "x:1:1:1",
            "s:2:1:1",
            "s:1:x:1",
            "s:1:1:x",
            "s:1:1:1:1",
            "s:1:9223372036854775807:1",
            "s:1:-8000000000000000000:1",
        ]
        .map(|text| URL_SAFE_NO_PAD.encode(text));
        for text in encoded.iter().map(String::as_str).chain(["%%%", "MTox"]) {
            let decoded = decode(text, TodoOrder::OpenFirst);
            assert!(matches!(decoded, Err(Error::BadUserInput(_))), "{text}");
        }
    }
}
