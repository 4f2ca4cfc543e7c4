//! The columns of a todo that a selection needs: no other is read.

use async_graphql::Lookahead;
use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, DbErr, IdenStatic as _, QueryResult, QuerySelect, QueryTrait, Select,
    TryGetable,
};

use super::Error;
use crate::entity::todo::{Column, Entity};

/// Beside the id, which is always read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Columns {
    task: bool,
    is_complete: bool,
    inserted_at: bool,
    revision: bool,
}

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
    /// Those of a [`Place`](super::list::Place), whatever the order.
    pub const PLACE: Self =
        Self { task: false, is_complete: true, inserted_at: true, revision: false };

    /// Those that a selection of `Todo` asks for.
    pub fn of(todo: &Lookahead<'_>) -> Self {
        let has = |name| todo.field(name).exists();
        Self {
            task: has("task"),
            is_complete: has("isComplete"),
            inserted_at: has("insertedAt"),
            revision: has("revision"),
        }
    }

    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            task: self.task || other.task,
            is_complete: self.is_complete || other.is_complete,
            inserted_at: self.inserted_at || other.inserted_at,
            revision: self.revision || other.revision,
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
            (self.revision, Column::Revision),
        ];
        let wanted =
            wanted.into_iter().filter_map(|(is_wanted, column)| is_wanted.then_some(column));
        todos.select_only().column(Column::Id).columns(wanted)
    }

    fn row(self, row: &QueryResult) -> Result<Row, DbErr> {
        Ok(Row {
            id: row.try_get_by(Column::Id.as_str())?,
            task: read(row, self.task, Column::Task)?,
            is_complete: read(row, self.is_complete, Column::IsComplete)?,
            inserted_at: read(row, self.inserted_at, Column::InsertedAt)?,
            revision: read(row, self.revision, Column::Revision)?,
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
