//! The columns of a todo that a selection needs: no other is read.

use std::array;

use async_graphql::Lookahead;
use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, DbErr, IdenStatic as _, QueryResult, QuerySelect, QueryTrait, Select,
    TryGetable,
};

use super::entity::{Column, Entity};
use crate::graphql::Error;

/// The fields of `Todo` that are read only if they are selected, and their columns. The id is always read.
const FIELDS: [(&str, Column); 4] = [
    ("task", Column::Task),
    ("isComplete", Column::IsComplete),
    ("insertedAt", Column::InsertedAt),
    ("revision", Column::Revision),
];

/// Whether each of [`FIELDS`] is read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Columns([bool; FIELDS.len()]);

/// A todo as far as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
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

    pub async fn read(
        self,
        todos: Select<Entity>,
        transaction: &impl ConnectionTrait,
    ) -> Result<Vec<Row>, Error> {
        let rows = transaction.query_all(&self.select(todos).into_query()).await?;
        Ok(rows.iter().map(|row| self.row(row)).collect::<Result<_, _>>()?)
    }

    fn select(self, todos: Select<Entity>) -> Select<Entity> {
        let wanted = FIELDS.into_iter().zip(self.0);
        let wanted = wanted.filter_map(|((_, column), is_wanted)| is_wanted.then_some(column));
        todos.select_only().column(Column::Id).columns(wanted)
    }

    fn row(self, row: &QueryResult) -> Result<Row, DbErr> {
        let [task, is_complete, inserted_at, revision] = self.0;
        Ok(Row {
            id: row.try_get_by(Column::Id.as_str())?,
            task: read(row, task, Column::Task)?,
            is_complete: read(row, is_complete, Column::IsComplete)?,
            inserted_at: read(row, inserted_at, Column::InsertedAt)?,
            revision: read(row, revision, Column::Revision)?,
        })
    }
}

fn read<T: TryGetable>(
    row: &QueryResult,
    is_wanted: bool,
    column: Column,
) -> Result<Option<T>, DbErr> {
    is_wanted.then(|| row.try_get_by(column.as_str())).transpose()
}
