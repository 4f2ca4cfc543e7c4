//! Everything that leaves the page: requests, storage, locks. Nothing here knows a component.

pub mod api;
pub mod auth;
pub mod drafts;
pub mod error;
pub mod graphql;
pub mod http;
pub mod key;
pub mod lock;
pub mod mark;
pub mod session;
pub mod store;
pub mod todos;
