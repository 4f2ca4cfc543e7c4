//! The GraphQL API over HTTP, as clients use it.

mod account;
mod adds;
mod bulk;
mod documents;
mod errors;
mod http;
mod input;
mod limits;
mod lists;
mod operations;
mod pages;
mod plans;
mod revisions;
mod schema;
mod statements;
mod support;
mod time;
mod todos;
mod verdicts;
