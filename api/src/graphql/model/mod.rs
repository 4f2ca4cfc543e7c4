//! The types that clients see, made from entities and claims.

pub mod node;
pub mod own_session;
pub mod session;
pub mod todo;
pub mod todo_change;
pub mod todo_connection;
