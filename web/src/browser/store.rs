//! The browser's two storages. Where they are blocked the page works on without them, forgetting more.

use web_sys::Storage;

/// Shared by all tabs, kept after they close.
pub fn local() -> Option<Storage> {
    gloo_utils::window().local_storage().ok().flatten()
}

/// This tab's own, gone with it.
pub fn session() -> Option<Storage> {
    gloo_utils::window().session_storage().ok().flatten()
}

pub fn get(storage: Option<Storage>, key: &str) -> Option<String> {
    storage?.get_item(key).ok().flatten()
}

/// `None` removes. Whether it was done: a full or blocked storage is no reason to stop anybody's work.
pub fn set(storage: Option<Storage>, key: &str, value: Option<&str>) -> bool {
    storage.is_some_and(|storage| {
        let done = match value {
            Some(value) => storage.set_item(key, value),
            None => storage.remove_item(key),
        };
        done.is_ok()
    })
}
