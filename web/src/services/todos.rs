//! The operations of `queries/`, checked against the schema at compile time, and their way into the model.

use graphql_client::GraphQLQuery;

use super::documents::documents;
use super::error::Error;
use super::graphql::run;
use super::mark;
use crate::model::{Page, Todo, User};

type DateTime = crate::moment::Moment;
#[expect(clippy::upper_case_acronyms, reason = "the name is the schema's")]
type UUID = String;

/// Rows asked for at a time.
pub const PAGE: i64 = 50;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../schema.graphql", query_path = "queries/Session.graphql")]
struct Session;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../schema.graphql", query_path = "queries/Todos.graphql")]
struct Todos;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../schema.graphql", query_path = "queries/AddTodo.graphql")]
struct AddTodo;

#[derive(GraphQLQuery)]
#[graphql(
    schema_path = "../schema.graphql",
    query_path = "queries/UpdateTodo.graphql",
    skip_serializing_none
)]
struct UpdateTodo;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../schema.graphql", query_path = "queries/DeleteTodo.graphql")]
struct DeleteTodo;

documents!(Session, Todos, AddTodo, UpdateTodo, DeleteTodo);

/// Every operation has its own type for the same fragment.
macro_rules! into_todo {
    ($($operation:ident),+) => {$(
        impl From<$operation::TodoFields> for Todo {
            fn from(fields: $operation::TodoFields) -> Self {
                Self {
                    id: fields.id.into(),
                    task: fields.task.into(),
                    is_complete: fields.is_complete,
                    inserted_at: Some(fields.inserted_at),
                }
            }
        }
    )+};
}
into_todo!(todos, add_todo, update_todo);

/// Everything is asked for on behalf of the user whose page asks.
pub async fn user(user: &str) -> Result<User, Error> {
    let session = run::<Session>(user, session::Variables {}).await?.session;
    confirm(user, &session.user_id)?;
    Ok(User { id: session.user_id.into(), email: session.email.map(Into::into) })
}

/// The page after the cursor, or the first.
pub async fn page(user: &str, after: Option<String>) -> Result<Page, Error> {
    let variables = todos::Variables { first: PAGE, after };
    let data = run::<Todos>(user, variables).await?;
    confirm(user, &data.session.user_id)?;
    let todos = data.todos;
    Ok(Page {
        todos: todos.nodes.into_iter().map(Into::into).collect(),
        next: todos.page_info.end_cursor.filter(|_| todos.page_info.has_next_page),
    })
}

/// Sending the same task by the same key again adds nothing.
pub async fn add(user: &str, key: String, task: String) -> Result<Todo, Error> {
    let input = add_todo::AddTodoInput { task, key: Some(key) };
    let data = run::<AddTodo>(user, add_todo::Variables { input }).await?;
    Ok(data.add_todo.todo.into())
}

pub async fn set_complete(user: &str, id: String, is_complete: bool) -> Result<Todo, Error> {
    update(user, id, None, Some(is_complete)).await
}

pub async fn rename(user: &str, id: String, task: String) -> Result<Todo, Error> {
    update(user, id, Some(task), None).await
}

async fn update(
    user: &str,
    id: String,
    task: Option<String>,
    is_complete: Option<bool>,
) -> Result<Todo, Error> {
    let input = update_todo::UpdateTodoInput { id, is_complete, task };
    let data = run::<UpdateTodo>(user, update_todo::Variables { input }).await?;
    Ok(data.update_todo.todo.into())
}

/// Gone is gone, whoever did it.
pub async fn delete(user: &str, id: String) -> Result<(), Error> {
    match run::<DeleteTodo>(user, delete_todo::Variables { id }).await {
        Ok(_) | Err(Error::NotFound) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The mark is a hint, the server's word is not: where the two disagree nobody's list is shown, and whoever
/// is here signs in anew.
fn confirm(user: &str, answered: &str) -> Result<(), Error> {
    if user == answered {
        return Ok(());
    }
    mark::end(user);
    Err(Error::SessionEnded)
}
