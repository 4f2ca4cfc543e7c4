//! The account page: password, sessions, deletion.

pub mod account_api;
pub mod change_password;
pub mod delete_account;
pub mod own_sessions;
pub mod page;
pub mod use_account;
