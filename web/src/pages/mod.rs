//! One file a page.

pub mod auth;
pub mod home;
pub mod plain;
pub mod todos;
pub mod welcome;
