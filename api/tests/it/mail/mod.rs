//! Mail: over a real mail server, and kept for the page that shows it in development.

mod log;
mod outbox;
mod server;
mod smtp;
