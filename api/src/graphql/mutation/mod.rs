//! One file a mutation.

mod add_todo;
mod change;
mod delete_todo;
mod toggle_todo;
mod update_todo;

use async_graphql::MergedObject;

/// What a signed-in user can change.
#[derive(MergedObject, Default)]
pub struct Mutation(
    add_todo::AddTodo,
    update_todo::UpdateTodo,
    toggle_todo::ToggleTodo,
    delete_todo::DeleteTodo,
);
