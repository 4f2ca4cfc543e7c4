//! What the page talks about, free of any operation's generated types.

use chrono::{DateTime, Utc};
use yew::AttrValue;

/// The person who is signed in. The address is missing until the server has said it, and stays so when it
/// cannot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: AttrValue,
    pub email: Option<AttrValue>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Todo {
    pub id: AttrValue,
    pub task: AttrValue,
    pub is_complete: bool,
    pub inserted_at: DateTime<Utc>,
}

/// One page of the list; `next` is the cursor to ask on from, or nothing at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub todos: Vec<Todo>,
    pub next: Option<String>,
}
