//! What components share.

pub mod actions;
pub mod use_auth_form;
pub mod use_editing;
pub mod use_focus_later;
pub mod use_messages;
pub mod use_online;
pub mod use_page;
pub mod use_session;
pub mod use_todos;
