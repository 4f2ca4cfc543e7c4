//! The server's order, so that a change shows where a reload would put it: open first, then newest first.

use std::cmp::{Ordering, Reverse};

use crate::model::Todo;

/// Ids are counted up by the database; the later of two that were added at one instant comes first.
fn rank(todo: &Todo) -> (bool, Reverse<chrono::DateTime<chrono::Utc>>, Reverse<u64>) {
    let number = todo.id.parse().unwrap_or(u64::MAX);
    (todo.is_complete, Reverse(todo.inserted_at), Reverse(number))
}

pub fn compare(a: &Todo, b: &Todo) -> Ordering {
    rank(a).cmp(&rank(b))
}
