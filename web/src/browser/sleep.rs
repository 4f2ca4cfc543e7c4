//! Time that passes.

use wasm_bindgen_futures::JsFuture;
use web_sys::js_sys::{Date, Promise};

/// Comes back after so many milliseconds.
pub async fn pause(ms: u32) {
    let ms = i32::try_from(ms).unwrap_or(i32::MAX);
    let over = Promise::new(&mut |resolve, _| {
        let window = gloo_utils::window();
        let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, ms);
    });
    let _ = JsFuture::from(over).await;
}

/// Milliseconds since 1970.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is after 1970")]
pub fn now() -> u64 {
    Date::now() as u64
}
