//! State that is pure: given a change, what comes next. Tested on the host.

pub mod auth_errors;
pub mod edits;
pub mod messages;
mod order;
pub mod session;
pub mod todo_list;
