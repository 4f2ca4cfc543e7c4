//! The columns of a todo that a selection needs: no other is read.

use async_graphql::Lookahead;
use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, DbErr, IdenStatic as _, QueryResult, QuerySelect, QueryTrait, Select,
};

use super::Error;
use crate::entity::todo::{Column, Entity};

/// Beside the id, which is always read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Columns {
    task: bool,
    is_complete: bool,
    inserted_at: bool,
}

/// A todo as far as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub id: i64,
    pub task: Option<String>,
    pub is_complete: Option<bool>,
    pub inserted_at: Option<DateTime<Utc>>,
}

impl Columns {
    /// Those of a [`Place`](super::list::Place), whatever the order.
    pub const PLACE: Self = Self { task: false, is_complete: true, inserted_at: true };

    /// Those that a selection of `Todo` asks for.
    pub fn of(todo: &Lookahead<'_>) -> Self {
        let has = |name| todo.field(name).exists();
        Self { task: has("task"), is_complete: has("isComplete"), inserted_at: has("insertedAt") }
    }

    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            task: self.task || other.task,
            is_complete: self.is_complete || other.is_complete,
            inserted_at: self.inserted_at || other.inserted_at,
        }
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
        let wanted = [
            (self.task, Column::Task),
            (self.is_complete, Column::IsComplete),
            (self.inserted_at, Column::InsertedAt),
        ];
        let wanted =
            wanted.into_iter().filter_map(|(is_wanted, column)| is_wanted.then_some(column));
        todos.select_only().column(Column::Id).columns(wanted)
    }

    fn row(self, row: &QueryResult) -> Result<Row, DbErr> {
        Ok(Row {
            id: row.try_get_by(Column::Id.as_str())?,
            task: self.task.then(|| row.try_get_by(Column::Task.as_str())).transpose()?,
            is_complete: self
                .is_complete
                .then(|| row.try_get_by(Column::IsComplete.as_str()))
                .transpose()?,
            inserted_at: self
                .inserted_at
                .then(|| row.try_get_by(Column::InsertedAt.as_str()))
                .transpose()?,
        })
    }
}
