use async_graphql::{ID, Object, Result};
use chrono::{DateTime, Utc};

use crate::{
    entity,
    graphql::{Error, columns::Row},
};

/// Something to do. Only its owner ever sees it.
#[derive(Debug)]
pub struct Todo(Row);

impl From<Row> for Todo {
    fn from(row: Row) -> Self {
        Self(row)
    }
}

impl From<entity::todo::Model> for Todo {
    fn from(todo: entity::todo::Model) -> Self {
        let entity::todo::Model { id, user_id: _, task, is_complete, inserted_at } = todo;
        Self(Row {
            id,
            task: Some(task),
            is_complete: Some(is_complete),
            inserted_at: Some(inserted_at),
        })
    }
}

impl Todo {
    pub fn row(&self) -> &Row {
        &self.0
    }
}

// Its fields wait for nothing: what would resolve them side by side takes longer than they do.
/// Something to do. Only its owner ever sees it.
#[Object(serial)]
impl Todo {
    /// Identifies the todo for as long as it exists.
    pub async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// What there is to do: 1 to 1,000 characters of plain text.
    async fn task(&self) -> Result<&str> {
        Ok(read(self.0.task.as_deref(), "task")?)
    }

    /// Whether it is done.
    async fn is_complete(&self) -> Result<bool> {
        Ok(read(self.0.is_complete, "is_complete")?)
    }

    /// When it was added.
    async fn inserted_at(&self) -> Result<DateTime<Utc>> {
        Ok(read(self.0.inserted_at, "inserted_at")?)
    }
}

/// A column that was read because it was asked for.
fn read<T>(column: Option<T>, name: &str) -> Result<T, Error> {
    column.ok_or_else(|| Error::Internal(format!("{name} is asked for and was not read")))
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
