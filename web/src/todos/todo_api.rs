//! The operations on todos, and what their answers say. All answers and the events of the subscription have one
//! shape and one reader: the operations name what they ask for alike, and a reader for each would be a fifth of
//! the page. Tests check the operations against the schema.

use serde::Deserialize;

use crate::auth::session_marker;
use crate::client::documents::{Id, document};
use crate::client::error::Error;
use crate::client::graphql::{ask, parse, quote};
use crate::model::{Counts, Page, Todo, User};
use crate::moment::Moment;
use crate::sync::queue::{Deed, Op};
use crate::todos::filter::Filter;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Data {
    session: Part,
    todos: Part,
    open: Part,
    done: Part,
    /// What a mutation did, or what has happened.
    did: Part,
}

/// Any object of an answer: what it does not have is empty.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Part {
    user_id: String,
    email: Option<String>,
    #[serde(alias = "todos")]
    nodes: Vec<TodoFields>,
    todo: Option<TodoFields>,
    todo_id: Option<String>,
    kind: String,
    total_count: i32,
    page_info: PageInfo,
    /// Whether the mutation has to be sent again to complete it.
    has_more: bool,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TodoFields {
    id: String,
    task: String,
    is_complete: bool,
    inserted_at: Moment,
}

impl From<TodoFields> for Todo {
    fn from(fields: TodoFields) -> Self {
        Self {
            id: fields.id.into(),
            task: fields.task.into(),
            is_complete: fields.is_complete,
            inserted_at: Some(fields.inserted_at),
        }
    }
}

/// Everything is asked for on behalf of the user whose page asks.
async fn run(user: &str, document: Id, variables: &str) -> Result<Data, Error> {
    parse(&ask(user, document, variables).await?)
}

pub async fn user(user: &str) -> Result<User, Error> {
    let session = run(user, document!(Session), "{}").await?.session;
    confirm(user, &session.user_id)?;
    Ok(User { id: session.user_id.into(), email: session.email.map(Into::into) })
}

/// The page after the cursor, or the first with the counts.
pub async fn page(user: &str, after: Option<&str>, filter: &Filter) -> Result<Page, Error> {
    let data = run(user, document!(Todos), &page_variables(after, filter)).await?;
    confirm(user, &data.session.user_id)?;
    let counts = Counts { open: data.open.total_count, done: data.done.total_count };
    let page_info = data.todos.page_info;
    Ok(Page {
        todos: data.todos.nodes.into_iter().map(Into::into).collect(),
        next: page_info.end_cursor.filter(|_| page_info.has_next_page),
        counts: after.is_none().then_some(counts),
    })
}

/// Whoever goes on reading means to go far.
fn page_variables(after: Option<&str>, filter: &Filter) -> String {
    let mut json = match after {
        None => r#"{"first":50,"count":true"#.to_owned(),
        Some(cursor) => [r#"{"first":100,"count":false,"after":"#, &quote(cursor)].concat(),
    };
    json.push_str(r#","filter":{"#);
    if let Some(is_complete) = filter.show.is_complete() {
        json.push_str(if is_complete { r#""isComplete":true"# } else { r#""isComplete":false"# });
    }
    if !filter.search.is_empty() {
        if !json.ends_with('{') {
            json.push(',');
        }
        json.push_str(r#""taskContains":"#);
        json.push_str(&quote(&filter.search));
    }
    json.push_str("}}");
    json
}

/// Sends one deed, or several new todos. The todos that the server answers with: of new ones each in its place.
/// Sending anything again does no harm, and what is gone is gone, whoever did it. A change of all todos is sent until the
/// server has completed it; until then it stays in the queue.
pub async fn send(user: &str, batch: &[Op]) -> Result<Vec<Todo>, Error> {
    let Some(op) = batch.first() else { return Ok(Vec::new()) };
    let (document, variables) = request(op, batch);
    let mut answer = run(user, document, &variables).await;
    while matches!(&answer, Ok(data) if data.did.has_more) {
        answer = run(user, document, &variables).await;
    }
    if op.deed == Deed::Delete && matches!(answer, Err(Error::NotFound)) {
        return Ok(Vec::new());
    }
    let did = answer?.did;
    Ok(did.nodes.into_iter().chain(did.todo).map(Into::into).collect())
}

fn request(op: &Op, batch: &[Op]) -> (Id, String) {
    let update = |name: &str, value: &str| {
        let id = quote(&op.todo);
        let json = [r#"{"input":{"id":"#, &id, ",\"", name, "\":", value, "}}"].concat();
        (document!(UpdateTodo), json)
    };
    match op.deed {
        Deed::Add | Deed::Refused => (document!(AddTodos), inputs(batch)),
        Deed::Tick => update("isComplete", "true"),
        Deed::Untick => update("isComplete", "false"),
        Deed::Rename => update("task", &quote(&op.text)),
        Deed::Delete => (document!(DeleteTodo), [r#"{"id":"#, &quote(&op.todo), "}"].concat()),
        Deed::CompleteAll => (document!(CompleteAll), found_by(&op.text)),
        Deed::ClearDone => (document!(ClearCompleted), found_by(&op.text)),
    }
}

/// Those that a search finds; all of them without one.
fn found_by(search: &str) -> String {
    if search.is_empty() {
        return "{}".to_owned();
    }
    [r#"{"filter":{"taskContains":"#, &quote(search), "}}"].concat()
}

fn inputs(batch: &[Op]) -> String {
    let mut json = String::from(r#"{"inputs":["#);
    for op in batch {
        let comma = if json.ends_with('[') { "" } else { "," };
        for part in [comma, r#"{"key":"#, &quote(&op.todo), r#","task":"#, &quote(&op.text), "}"] {
            json.push_str(part);
        }
    }
    json.push_str("]}");
    json
}

/// What the subscription tells.
pub enum Event {
    /// A todo as it is by now, and whether it is new.
    Put(Todo, bool),
    Gone(String),
    /// Something may have been missed.
    Refetch,
}

pub const CHANGES: Id = document!(TodoChanged);

pub fn event(data: &str) -> Result<Event, Error> {
    let did = parse::<Data>(data)?.did;
    Ok(match (did.todo, did.todo_id) {
        (Some(todo), _) => Event::Put(todo.into(), did.kind == "ADDED"),
        (None, Some(id)) => Event::Gone(id),
        (None, None) => Event::Refetch,
    })
}

/// The mark is a hint, the server's word is not: where the two disagree nobody's list is shown, and whoever
/// is here signs in anew.
fn confirm(user: &str, answered: &str) -> Result<(), Error> {
    if user == answered {
        return Ok(());
    }
    session_marker::end(user);
    Err(Error::SessionEnded)
}

#[cfg(test)]
#[path = "todo_api_tests.rs"]
mod tests;
