use async_graphql::{ID, Object, Result};
use chrono::{DateTime, Utc};
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup},
};

use super::{ID_PREFIX, columns::Row, entity::Model};
use crate::graphql::{Error, big_int::BigInt, global_id};

/// Something to do. Only its owner ever sees it.
#[derive(Debug)]
pub struct Todo(Row);

impl From<Row> for Todo {
    fn from(row: Row) -> Self {
        Self(row)
    }
}

impl From<Model> for Todo {
    fn from(todo: Model) -> Self {
        let Model { id, user_id: _, task, is_complete, inserted_at, revision } = todo;
        Self(Row {
            id,
            task: Some(task),
            is_complete: Some(is_complete),
            inserted_at: Some(inserted_at),
            revision: Some(revision),
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
    /// Identifies the todo among all objects, such as `todo_42`.
    pub async fn id(&self) -> ID {
        global_id::encode(ID_PREFIX, self.0.id)
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

    /// Counts the changes of the todo. Of two responses, the one with the higher revision is newer.
    async fn revision(&self) -> Result<BigInt> {
        Ok(BigInt(read(self.0.revision, "revision")?))
    }
}

/// A column that was read because it was asked for.
fn read<T>(column: Option<T>, name: &str) -> Result<T, Error> {
    column.ok_or_else(|| Error::Internal(format!("{name} is asked for and was not read")))
}

const MAX_TASK: usize = 1_000;

/// A task as it is stored: trimmed, 1 to 1,000 characters, at least one of them visible, none of them NUL.
pub fn parse_task(task: &str) -> Result<String, Error> {
    let task = task.trim();
    match task.chars().count() {
        0 => Err(Error::bad_input("Write what there is to do: the task is empty.")),
        1..=MAX_TASK if task.contains('\0') => {
            Err(Error::bad_input("The task holds a NUL character, which cannot be stored."))
        }
        1..=MAX_TASK if !task.chars().any(is_visible) => {
            Err(Error::bad_input("Write what there is to do: the task has no visible character."))
        }
        1..=MAX_TASK => Ok(task.to_owned()),
        length => Err(Error::bad_input(format!(
            "The task has {length} characters; it may have up to {MAX_TASK}."
        ))),
    }
}

/// Whether a character leaves a mark of its own (Unicode Standard, `Default_Ignorable_Code_Point` and general categories).
fn is_visible(character: char) -> bool {
    /// Without dots, it looks like a space.
    const BLANK_BRAILLE: char = '\u{2800}';

    let invisible = GeneralCategoryGroup::Separator
        .union(GeneralCategoryGroup::Control)
        .union(GeneralCategoryGroup::Format)
        .union(GeneralCategoryGroup::Unassigned)
        .union(GeneralCategoryGroup::Mark);
    !invisible.contains(CodePointMapData::<GeneralCategory>::new().get(character))
        && !CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
        && character != BLANK_BRAILLE
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

    #[test]
    fn task_without_visible_character_is_refused() {
        for task in [
            "\u{200b}",
            "\u{feff}\u{200d}",
            "\u{ad}",
            "\u{3164}",
            "\u{115f}",
            "\u{2800} \u{2800}",
            "\u{202e}",
            "\u{e0041}",
            "\u{fe0f}",
            "\u{7f}",
            "\u{301}",
            "\u{2028}",
        ] {
            assert!(
                matches!(parse_task(task), Err(Error::BadUserInput(_))),
                "{}",
                task.escape_unicode()
            );
        }
        for task in ["x\u{200b}", "👩\u{200d}🚀", "–", "€", "한", "☑\u{fe0f}", "\u{e000}", "ا"]
        {
            assert_eq!(parse_task(task).unwrap(), task);
        }
    }
}
