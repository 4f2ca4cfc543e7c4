//! The GraphQL API over HTTP, as clients use it.

mod account;
mod adds;
mod bulk;
mod http;
mod lists;
mod pages;
mod plans;
mod support;
mod todos;
