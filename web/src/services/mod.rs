//! Everything that leaves the page: requests, storage, locks. Nothing here knows a component.

pub mod account;
mod anti_csrf;
pub mod api;
pub mod auth;
mod documents;
pub mod drafts;
pub mod early;
pub mod error;
pub mod fdi;
pub mod forms;
pub mod graphql;
pub mod history;
pub mod http;
pub mod key;
pub mod live;
pub mod lock;
pub mod mark;
pub mod pause;
pub mod place;
pub mod provider;
pub mod queue;
pub mod send;
pub mod session;
pub mod settled;
pub mod store;
pub mod todos;
pub mod verification;
