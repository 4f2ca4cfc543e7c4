//! The sample feature: the todo list.

pub mod actions;
pub mod counter;
pub mod drafts;
pub mod editor;
pub mod edits;
pub mod empty_state;
pub mod filter;
pub mod header;
pub mod id;
pub mod item;
pub mod list_view;
pub mod new_todo;
pub mod order;
pub mod page;
pub mod shortcuts;
pub mod show_more;
pub mod todo_api;
pub mod todo_list;
pub mod toolbar;
pub mod unsaved_item;
pub mod use_editing;
pub mod use_filter;
pub mod use_todos;
pub mod use_window;
