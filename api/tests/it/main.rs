//! The integration tests: one binary, a file a feature, each test with a database of its own.

mod auth;
mod clients;
mod commands;
mod dev_core;
mod faults;
mod fuzz;
mod graphql;
mod http;
mod live;
mod load;
mod logs;
mod mail;
mod migration;
mod rls;
mod support;
mod telemetry;
