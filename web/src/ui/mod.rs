//! Components and hooks that know no feature. A component without state is a plain function: every component type
//! adds about two kilobytes of wasm.

pub mod age;
pub mod brand;
pub mod callout;
pub mod card;
pub mod error_banner;
pub mod icon;
pub mod link;
pub mod message_center;
pub mod messages;
pub mod plain_page;
pub mod redirect;
pub mod skeleton;
pub mod use_focus_later;
pub mod use_messages;
pub mod use_minute;
pub mod use_page;
pub mod use_steady_focus;
pub mod window;
