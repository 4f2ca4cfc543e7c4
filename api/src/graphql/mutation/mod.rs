//! One file a mutation.

mod add;
mod add_todo;
mod add_todos;
mod change;
mod change_password;
mod chunks;
mod clear_completed;
mod complete_all;
mod delete_account;
mod delete_todo;
mod revoke_session;
mod set_todos_complete;
mod sign_out_everywhere;
mod toggle_todo;
mod update_todo;

use async_graphql::MergedObject;

pub use self::add::ADD as ADD_TODOS;

/// What a signed-in user can change.
#[derive(MergedObject, Default)]
pub struct Mutation(
    add_todo::AddTodo,
    add_todos::AddTodos,
    update_todo::UpdateTodo,
    toggle_todo::ToggleTodo,
    set_todos_complete::SetTodosComplete,
    complete_all::CompleteAll,
    delete_todo::DeleteTodo,
    clear_completed::ClearCompleted,
    revoke_session::RevokeSession,
    sign_out_everywhere::SignOutEverywhere,
    change_password::ChangePassword,
    delete_account::DeleteAccount,
);
