//! What several tests need.

pub mod core;
pub mod database;
