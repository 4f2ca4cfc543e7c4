use async_graphql::{Enum, ID, SimpleObject};

use super::node::Todo;
use crate::graphql::big_int::BigInt;

/// Something that happened to the user's todos.
#[derive(Debug, SimpleObject)]
pub struct TodoChange {
    /// What happened.
    pub kind: TodoChangeKind,
    /// Which todo it is about; null for `REFETCH`.
    pub todo_id: Option<ID>,
    /// The revision of the todo, or of its deletion; null for `REFETCH`.
    pub revision: Option<BigInt>,
    /// The todo as it is by now; null for `DELETED` and `REFETCH`.
    pub todo: Option<Todo>,
}

/// What happened to the user's todos.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum TodoChangeKind {
    /// There is a new todo.
    Added,
    /// A todo was changed.
    Updated,
    /// A todo is gone.
    Deleted,
    /// Changes may have been missed, or were too many to tell: read the list again. Comes first,
    /// too, as soon as changes are listened to.
    Refetch,
}

impl TodoChange {
    pub fn refetch() -> Self {
        Self { kind: TodoChangeKind::Refetch, todo_id: None, revision: None, todo: None }
    }
}
