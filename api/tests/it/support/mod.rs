//! What several tests need.

pub mod app;
pub mod balancer;
pub mod claims;
pub mod cluster;
pub mod core;
pub mod core_calls;
pub mod core_key;
pub mod database;
pub mod forms;
pub mod load;
pub mod mail;
pub mod node;
pub mod numbers;
pub mod pooler;
pub mod program;
pub mod proxy;
pub mod recorder;
pub mod replay;
pub mod wire;
