//! Sign-in, sessions, and the pages that mails link to.

pub mod anti_csrf;
pub mod auth_api;
pub mod callback;
pub mod fdi;
pub mod field;
pub mod form;
pub mod form_errors;
pub mod forms;
pub mod page;
pub mod password_rules;
pub mod provider;
pub mod provider_buttons;
pub mod refresh;
pub mod reset_password;
pub mod return_to;
pub mod session;
pub mod session_keeper;
pub mod session_marker;
pub mod use_enter;
pub mod use_form;
pub mod use_session;
pub mod use_sign_out;
pub mod verification;
pub mod verify_email;
