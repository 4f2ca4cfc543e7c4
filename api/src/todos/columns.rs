//! The columns of a todo that a selection needs: no other is read.

use std::{
    array,
    sync::{LazyLock, OnceLock},
};

use async_graphql::Lookahead;
use chrono::{DateTime, Utc};
use pg_scope::{Error, FromRow};
use sea_orm::{
    ColumnTrait as _, DbBackend, EntityTrait as _, QueryFilter as _, QuerySelect, QueryTrait,
    Select, Statement, Value,
    sea_query::{ArrayType, Values},
};

use super::entity::{Column, Entity};

/// The fields of `Todo` that are read only if they are selected, and their columns. The id is always read.
const FIELDS: [(&str, Column); 4] = [
    ("task", Column::Task),
    ("isComplete", Column::IsComplete),
    ("insertedAt", Column::InsertedAt),
    ("revision", Column::Revision),
];

/// Whether each of [`FIELDS`] is read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Columns([bool; FIELDS.len()]);

/// A todo as far as it was read.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Row {
    pub id: i64,
    pub task: Option<String>,
    pub is_complete: Option<bool>,
    pub inserted_at: Option<DateTime<Utc>>,
    pub revision: Option<i64>,
}

impl Columns {
    /// Those of a [`Place`](super::cursor::Place), whatever the order.
    pub fn of_place() -> Self {
        Self(FIELDS.map(|(_, column)| matches!(column, Column::IsComplete | Column::InsertedAt)))
    }

    /// Those that a selection of `Todo` asks for.
    pub fn of(todo: &Lookahead<'_>) -> Self {
        Self(FIELDS.map(|(name, _)| todo.field(name).exists()))
    }

    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(array::from_fn(|at| self.0[at] || other.0[at]))
    }

    /// Selects these columns of the todos of these ids. The text of the statement is written once.
    pub fn select_by_ids(self, ids: Vec<i64>) -> Statement {
        static TEXTS: LazyLock<[OnceLock<String>; 1 << FIELDS.len()]> =
            LazyLock::new(|| array::from_fn(|_| OnceLock::new()));
        let sql = TEXTS[self.number()].get_or_init(|| self.by_ids([0]).sql).clone();
        let ids = ids.into_iter().map(Value::from).collect();
        let ids = Value::Array(ArrayType::BigInt, Some(Box::new(ids)));
        Statement { sql, values: Some(Values(vec![ids])), db_backend: DbBackend::Postgres }
    }

    fn by_ids(self, ids: impl IntoIterator<Item = i64>) -> Statement {
        let todos = Entity::find().filter(Column::Id.eq_any(ids));
        self.select(todos).build(DbBackend::Postgres)
    }

    /// One of [`FIELDS`] is one bit.
    fn number(self) -> usize {
        self.0.into_iter().fold(0, |number, is_read| number << 1 | usize::from(is_read))
    }

    pub fn select(self, todos: Select<Entity>) -> Select<Entity> {
        let wanted = FIELDS.into_iter().zip(self.0);
        let wanted = wanted.filter_map(|((_, column), is_wanted)| is_wanted.then_some(column));
        todos.select_only().column(Column::Id).columns(wanted)
    }
}

/// Reads the columns that the statement selects.
impl FromRow for Row {
    fn from_row(row: &pg_scope::Row) -> Result<Self, Error> {
        let mut found = Self::default();
        for (index, column) in row.columns().iter().enumerate() {
            match column.name() {
                "id" => found.id = row.get(index)?,
                "task" => found.task = Some(row.get(index)?),
                "is_complete" => found.is_complete = Some(row.get(index)?),
                "inserted_at" => found.inserted_at = Some(row.get(index)?),
                "revision" => found.revision = Some(row.get(index)?),
                other => return Err(Error::Decode(format!("column {other} is not of a todo"))),
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_selection_has_its_own_text() {
        for number in 0..1 << FIELDS.len() {
            let columns = Columns(array::from_fn(|at| number >> at & 1 == 1));
            for ids in [vec![1], vec![2, 3]] {
                assert_eq!(columns.select_by_ids(ids.clone()), columns.by_ids(ids), "{columns:?}");
            }
        }
    }
}
