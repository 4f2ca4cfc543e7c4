//! The GraphQL API over HTTP, as clients use it.

mod http;
mod pages;
mod support;
mod todos;
