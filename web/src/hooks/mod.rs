//! What components share.

pub mod actions;
pub mod use_account;
pub mod use_editing;
pub mod use_enter;
pub mod use_filter;
pub mod use_focus_later;
pub mod use_form;
pub mod use_live;
pub mod use_messages;
pub mod use_minute;
pub mod use_online;
pub mod use_page;
pub mod use_session;
pub mod use_sign_out;
pub mod use_steady_focus;
pub mod use_todos;
pub mod use_window;
