//! One file a mutation.

mod add;
mod add_todo;
mod add_todos;
mod change;
mod chunks;
mod clear_completed;
mod complete_all;
mod delete_todo;
mod set_todos_complete;
mod toggle_todo;
mod update_todo;

use async_graphql::MergedObject;

pub use self::{add::ADD as ADD_TODOS, chunks::delete_all};

/// The mutations of this feature.
#[derive(MergedObject, Default)]
pub struct TodoMutations(
    add_todo::AddTodo,
    add_todos::AddTodos,
    update_todo::UpdateTodo,
    toggle_todo::ToggleTodo,
    set_todos_complete::SetTodosComplete,
    complete_all::CompleteAll,
    delete_todo::DeleteTodo,
    clear_completed::ClearCompleted,
);
