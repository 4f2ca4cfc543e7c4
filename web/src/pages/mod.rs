//! One file a page.

pub mod account;
pub mod auth;
pub mod callback;
pub mod home;
pub mod plain;
pub mod reset_password;
pub mod todos;
pub mod verify_email;
pub mod welcome;
