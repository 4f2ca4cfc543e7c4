//! What several fields of one request ask for at the same time, fetched once.
//!
//! Each request has a loader of its own: one that is shared would hand a user's rows to another.
//! async-graphql's `DataLoader` batches by a timer of at least a millisecond, in a task that
//! outlives a request that went away; here the request's own fields wait for each other.

use std::{
    collections::HashMap,
    mem,
    sync::{Mutex, PoisonError},
};

use async_graphql::Context;
use tokio::{sync::oneshot, task::yield_now};

use super::columns::{Columns, Row};
use crate::graphql::{Error, context::begin_read};

#[derive(Default)]
pub struct TodoLoader {
    todos: Mutex<Vec<Asked>>,
}

/// A field that waits for a todo.
struct Asked {
    id: i64,
    columns: Columns,
    answer: oneshot::Sender<Result<Option<Row>, Error>>,
}

impl TodoLoader {
    pub fn of<'a>(context: &Context<'a>) -> Result<&'a Self, Error> {
        context.data().map_err(|error| Error::Internal(error.message))
    }

    /// The user's todo of this id, with these columns.
    pub async fn todo(
        &self,
        context: &Context<'_>,
        id: i64,
        columns: Columns,
    ) -> Result<Option<Row>, Error> {
        let (answer, found) = oneshot::channel();
        self.todos().push(Asked { id, columns, answer });
        // Every other field that can be asked for now gets here before this one goes on.
        yield_now().await;
        let asked = mem::take(&mut *self.todos());
        if !asked.is_empty() {
            answer_all(context, asked).await;
        }
        found.await.map_err(|_| Error::Internal("a todo was asked for and not answered".into()))?
    }

    fn todos(&self) -> impl std::ops::DerefMut<Target = Vec<Asked>> {
        self.todos.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One statement in one transaction, with the columns that any of them needs.
async fn answer_all(context: &Context<'_>, asked: Vec<Asked>) {
    let found = find(context, &asked).await;
    for Asked { id, answer, .. } in asked {
        let row = found.as_ref().map(|rows| rows.get(&id).cloned()).map_err(Error::clone);
        // Whoever asked may have gone away.
        let _ = answer.send(row);
    }
}

async fn find(context: &Context<'_>, asked: &[Asked]) -> Result<HashMap<i64, Row>, Error> {
    let columns = asked.iter().fold(Columns::default(), |all, asked| all.and(asked.columns));
    let mut ids: Vec<i64> = asked.iter().map(|asked| asked.id).collect();
    ids.sort_unstable();
    ids.dedup();
    let transaction = begin_read(context).await?.ending();
    let rows: Vec<Row> = transaction.select_as(columns.select_by_ids(ids)).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}
