//! The sample feature: todos of one user each.

mod change;
mod columns;
mod connection;
pub mod cursor;
mod entity;
mod filter;
mod list;
mod live;
mod loader;
mod mutations;
mod node;
mod order;
mod page;
mod queries;
mod statement;

pub use self::{
    entity::{Column, Entity},
    filter::TodoFilter,
    list::List,
    live::TodoSubscriptions,
    loader::TodoLoader,
    mutations::{ADD_TODOS, TodoMutations, delete_all},
    node::Todo,
    order::TodoOrder,
    page::Arguments,
    queries::{TodoQueries, find_by_id},
};

/// The prefix of the ids of todos.
pub const ID_PREFIX: &str = "todo_";
