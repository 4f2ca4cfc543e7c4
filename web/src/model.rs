//! What the page talks about, free of any operation's generated types.

use yew::AttrValue;

use crate::moment::Moment;
use crate::state::todo_list::Counts;

/// The person who is signed in. The address is missing until the server has said it, and stays so when it
/// cannot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: AttrValue,
    pub email: Option<AttrValue>,
}

/// The two ways of the sign-in screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    SignIn,
    SignUp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Todo {
    pub id: AttrValue,
    pub task: AttrValue,
    pub is_complete: bool,
    /// Nothing until the server has said it.
    pub inserted_at: Option<Moment>,
}

/// One page of the list; `next` is the cursor to ask on from, or nothing at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub todos: Vec<Todo>,
    pub next: Option<String>,
    /// Of the whole list, where they were asked for.
    pub counts: Option<Counts>,
}
