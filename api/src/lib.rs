//! The service: GraphQL over row-level security, and the SuperTokens backend that says who asks.

pub mod account;
pub mod cli;
pub mod commands;
pub mod concurrency;
pub mod config;
pub mod connections;
pub mod error;
pub mod files;
pub mod graphql;
pub mod health;
pub mod live;
pub mod mail;
pub mod per_key_limit;
pub mod rls;
pub mod router;
pub mod schema;
pub mod server;
pub mod shutdown;
mod sqlx_options;
pub mod state;
pub mod telemetry;
pub mod todos;
