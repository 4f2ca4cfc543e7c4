use async_graphql::{ID, SimpleObject};
use chrono::{DateTime, Utc};

use crate::{entity, graphql::Error};

/// Something to do. Only its owner ever sees it.
#[derive(Debug, SimpleObject)]
pub struct Todo {
    /// Identifies the todo for as long as it exists.
    pub id: ID,
    /// What there is to do: 1 to 1,000 characters of plain text.
    pub task: String,
    /// Whether it is done.
    pub is_complete: bool,
    /// When it was added.
    pub inserted_at: DateTime<Utc>,
}

impl From<entity::todo::Model> for Todo {
    fn from(todo: entity::todo::Model) -> Self {
        let entity::todo::Model { id, user_id: _, task, is_complete, inserted_at } = todo;
        Self { id: id.into(), task, is_complete, inserted_at }
    }
}

/// The number behind an id. An id that is no number names nothing.
pub fn parse_id(id: &ID) -> Result<i64, Error> {
    id.parse().map_err(|_| Error::NotFound)
}

const MAX_TASK: usize = 1_000;

/// A task as it is stored: trimmed, 1 to 1,000 characters, none of them NUL.
pub fn parse_task(task: &str) -> Result<String, Error> {
    let task = task.trim();
    match task.chars().count() {
        0 => Err(Error::bad_input("Write what there is to do: the task is empty.")),
        1..=MAX_TASK if task.contains('\0') => {
            Err(Error::bad_input("The task holds a NUL character, which cannot be stored."))
        }
        1..=MAX_TASK => Ok(task.to_owned()),
        length => Err(Error::bad_input(format!(
            "The task has {length} characters; it may have up to {MAX_TASK}."
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_trimmed_and_bounded() {
        assert_eq!(parse_task("  buy milk\n").unwrap(), "buy milk");
        assert!(parse_task(&"ä".repeat(1_000)).is_ok());
        for task in ["", " \t\n ", "a\0b", &"x".repeat(1_001)] {
            assert!(matches!(parse_task(task), Err(Error::BadUserInput(_))));
        }
    }
}
