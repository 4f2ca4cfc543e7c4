//! State that is pure: given a change, what comes next. Tested on the host.

pub mod edits;
pub mod filter;
pub mod form_errors;
pub mod messages;
mod order;
pub mod pace;
pub mod password_rules;
pub mod session;
pub mod todo_list;
pub mod window;
