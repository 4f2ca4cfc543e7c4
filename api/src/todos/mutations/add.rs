//! Adding todos: one statement and one transaction, for one as for many, safe to send again.

use async_graphql::{Context, InputObject};
use sea_orm::{DbBackend, Statement};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    graphql::{Error, context::begin},
    todos::{
        columns::Row,
        node::{Todo, parse_task},
    },
};

/// A todo to add.
#[derive(InputObject)]
pub struct AddTodoInput {
    /// What there is to do: 1 to 1,000 characters after trimming.
    task: String,
    /// Chosen anew for each todo, it makes adding safe to repeat: as long as the todo of this key
    /// exists, adding the same task again adds nothing and answers that todo as it now is. With
    /// another task the key is refused. Keys of other users do not matter.
    key: Option<Uuid>,
}

/// A todo that passed the checks, as the statement reads it.
#[derive(Serialize)]
pub struct NewTodo {
    task: String,
    key: Option<Uuid>,
}

impl TryFrom<AddTodoInput> for NewTodo {
    type Error = Error;

    fn try_from(AddTodoInput { task, key }: AddTodoInput) -> Result<Self, Error> {
        Ok(Self { task: parse_task(&task)?, key })
    }
}

/// Whose they are, the database takes from the claims. All rows travel as one parameter, so that
/// any number of them is the same prepared statement.
///
/// A row whose key is there already answers for the one to add if it was added with the same task,
/// which the digest remembers when the task has been changed since. Writing the task as it is makes
/// the conflict return that row, even where another transaction adds it at this very moment.
pub const ADD: &str = "
    INSERT INTO todos (task, client_key, client_digest)
    SELECT task, key, CASE WHEN key IS NOT NULL THEN sha256(convert_to(task, 'UTF8')) END
    FROM ROWS FROM (jsonb_to_recordset($1) AS (task text, key uuid))
        WITH ORDINALITY AS new (task, key, place)
    ORDER BY place
    ON CONFLICT (user_id, client_key) WHERE client_key IS NOT NULL
        DO UPDATE SET task = todos.task WHERE todos.client_digest = excluded.client_digest
    RETURNING id, task, is_complete, inserted_at, revision";

/// Adds all of them or none, and answers them in this order. Their keys must differ.
pub async fn add(context: &Context<'_>, new: &[NewTodo]) -> Result<Vec<Todo>, Error> {
    let rows = serde_json::to_value(new).map_err(|error| Error::Internal(error.to_string()))?;
    let mut transaction = begin(context).await?;
    if new.len() == 1 {
        // Added or refused, there is nothing to take back.
        transaction = transaction.ending();
    }
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, ADD, [rows.into()]);
    let added: Vec<Row> = transaction.select_as(statement).await?;
    if added.len() < new.len() {
        return Err(Error::bad_input(
            "A key was used before, for another task: choose a new key for each new todo.",
        ));
    }
    transaction.commit().await?;
    Ok(added.into_iter().map(Todo::from).collect())
}

/// Whether two of them have the same key.
pub fn shares_a_key(new: &[NewTodo]) -> bool {
    let mut keys: Vec<Uuid> = new.iter().filter_map(|new| new.key).collect();
    keys.sort_unstable();
    keys.windows(2).any(|pair| pair[0] == pair[1])
}
