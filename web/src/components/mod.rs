//! The parts that pages are put together from. What has neither state nor hooks is a plain function: every
//! component type adds some two kilobytes to the page.

pub mod age;
pub mod brand;
pub mod callout;
pub mod card;
pub mod change_password;
pub mod counter;
pub mod delete_account;
pub mod empty_state;
pub mod field;
pub mod form;
pub mod go;
pub mod header;
pub mod icon;
pub mod link;
pub mod message_center;
pub mod new_todo;
pub mod own_sessions;
pub mod providers;
pub mod session_keeper;
pub mod shortcuts;
pub mod show_more;
pub mod skeleton;
pub mod todo_editor;
pub mod todo_item;
pub mod todo_list;
pub mod toolbar;
pub mod trouble;
pub mod unsaved_item;
