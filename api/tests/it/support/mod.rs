//! What several tests need.

pub mod app;
pub mod claims;
pub mod core;
pub mod database;
pub mod load;
pub mod mail;
pub mod pooler;
pub mod program;
pub mod replay;
pub mod wire;
