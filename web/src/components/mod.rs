//! The parts that pages are put together from. What has neither state nor hooks is a plain function: every
//! component type adds some two kilobytes to the page.

pub mod auth_form;
pub mod auth_link;
pub mod brand;
pub mod counter;
pub mod empty_state;
pub mod field;
pub mod go;
pub mod header;
pub mod icon;
pub mod message_center;
pub mod new_todo;
pub mod password_field;
pub mod session_keeper;
pub mod show_more;
pub mod skeleton;
pub mod todo_editor;
pub mod todo_item;
pub mod todo_list;
pub mod trouble;
pub mod unsaved_item;
