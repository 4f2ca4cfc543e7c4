//! What the page talks about, free of any operation's generated types.

use yew::AttrValue;

use crate::moment::Moment;

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

/// How many are open, and how many done, on all pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub open: i32,
    pub done: i32,
}

impl Counts {
    pub fn add(&mut self, is_complete: bool, change: i32) {
        let count = if is_complete { &mut self.done } else { &mut self.open };
        *count = (*count + change).max(0);
    }
}
