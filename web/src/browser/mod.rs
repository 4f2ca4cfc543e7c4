//! APIs of the browser: history, storage, locks, timers.

pub mod history;
pub mod key;
pub mod lock;
pub mod sleep;
pub mod store;
