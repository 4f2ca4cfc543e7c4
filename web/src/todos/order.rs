//! The server's order, so that a change shows where a reload would put it: open first, then newest first.

use std::cmp::{Ordering, Reverse};

use crate::model::Todo;
use crate::moment::Moment;
use crate::todos::id;

/// Ids are counted up by the database; the later of two that were added at one instant comes first.
/// What the server has not seen yet is the newest.
fn rank(todo: &Todo) -> (bool, bool, Reverse<Option<Moment>>, Reverse<u64>) {
    let number = id::number(&todo.id).unwrap_or(u64::MAX);
    let is_known = todo.inserted_at.is_some();
    (todo.is_complete, is_known, Reverse(todo.inserted_at), Reverse(number))
}

pub fn compare(a: &Todo, b: &Todo) -> Ordering {
    rank(a).cmp(&rank(b))
}
