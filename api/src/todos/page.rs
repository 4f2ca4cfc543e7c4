//! A page by keyset, from either end: from the cursor on, the index is read for as long as it takes.

use sea_orm::{QueryFilter, QueryOrder, QuerySelect, Select};

use super::{
    columns::Row,
    connection::Ends,
    cursor::{self, Place},
    entity::Entity,
    order::{Keys, TodoOrder},
};
use crate::graphql::{
    Error, ROUND_TRIP,
    limits::{DEFAULT_PAGE, MAX_PAGE},
};

/// The arguments of a connection field, as the Cursor Connections Specification has them.
#[derive(Debug, Default, Clone)]
pub struct Arguments {
    pub first: Option<i32>,
    pub after: Option<String>,
    pub last: Option<i32>,
    pub before: Option<String>,
}

/// So many todos from the start or the end of what lies between two places.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    limit: usize,
    pub(super) is_backwards: bool,
    pub(super) after: Option<Place>,
    pub(super) before: Option<Place>,
}

impl Page {
    pub fn new(arguments: &Arguments, order: TodoOrder) -> Result<Self, Error> {
        let (name, size, is_backwards) = match (arguments.first, arguments.last) {
            (Some(_), Some(_)) => return Err(Error::bad_input("Give first or last, not both.")),
            (None, Some(last)) => ("last", last, true),
            (first, None) => ("first", first.unwrap_or(DEFAULT_PAGE), false),
        };
        if !(0..=MAX_PAGE).contains(&size) {
            let text = format!("{name} is {size}; it should be 0 to {MAX_PAGE}.");
            return Err(Error::bad_input(text));
        }
        let place = |cursor: &Option<String>| {
            cursor.as_deref().map(|cursor| cursor::decode(cursor, order)).transpose()
        };
        Ok(Self {
            limit: size.unsigned_abs() as usize,
            is_backwards,
            after: place(&arguments.after)?,
            before: place(&arguments.before)?,
        })
    }

    /// The sort keys are written as the index has them.
    pub fn select(self, todos: Select<Entity>, keys: Keys) -> Select<Entity> {
        let bounds = [
            self.after.map(|place| keys.after(place)),
            self.before.map(|place| keys.before(place)),
        ];
        let todos = bounds.into_iter().flatten().fold(todos, Select::filter);
        let direction = keys.direction(self.is_backwards);
        keys.columns()
            .into_iter()
            .fold(todos, |todos, column| todos.order_by(column, direction.clone()))
            .limit(self.limit())
    }

    /// How many todos are read: one more than asked for tells whether there is a page beyond.
    pub fn limit(self) -> u64 {
        self.limit as u64 + 1
    }

    /// The todos of the page in the order of the list, and what lies beyond its ends: on the side
    /// that was read towards, what was found there; on the other, what the cursor came from.
    pub fn cut(self, mut found: Vec<Row>) -> (Vec<Row>, Ends) {
        let has_more = found.len() > self.limit;
        found.truncate(self.limit);
        if self.is_backwards {
            found.reverse();
            (found, Ends { has_previous: has_more, has_next: self.before.is_some() })
        } else {
            (found, Ends { has_previous: self.after.is_some(), has_next: has_more })
        }
    }
}

/// What a page costs: each of its todos a tenth of what is asked of it. A small page is not
/// cheaper than one of ten: what is asked of the list itself, such as its count, is in there, too.
pub fn complexity(first: Option<i32>, last: Option<i32>, child_complexity: usize) -> usize {
    let size = first.or(last).unwrap_or(DEFAULT_PAGE);
    let todos = usize::try_from(size).unwrap_or(0).max(10);
    ROUND_TRIP + child_complexity.saturating_mul(todos) / 10
}
