//! Logs: readable lines in development, JSON in production.

use std::io::IsTerminal as _;

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::config::Environment;

/// Starts logging. `filter` has the syntax of `RUST_LOG`.
pub fn init(environment: Environment, filter: &str) {
    let registry = tracing_subscriber::registry().with(EnvFilter::new(filter));
    let is_terminal = std::io::stdout().is_terminal();
    match environment {
        Environment::Production => registry.with(fmt::layer().json().flatten_event(true)).init(),
        Environment::Development => {
            registry.with(fmt::layer().compact().with_ansi(is_terminal)).init();
        }
    }
}
