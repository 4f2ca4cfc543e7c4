//! The list is asked for while the app is still on its way: `view.js` sends what the app asked for first the last
//! time, and the app takes that answer where it asks for the same again. Whose answer it is, is looked at as ever.

use std::cell::Cell;

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;
use web_sys::js_sys::{Promise, Reflect};

use super::store;

/// In the browser's storage: where to and what, a line each.
const KEY: &str = "todos.first";

/// Where `view.js` leaves what it has sent, and the promise of the answer.
const SENT: &str = "todosFirst";

/// What only reads, and may be sent without anybody having asked.
const READ: &str = r#"{"operationName":"Todos""#;

thread_local! {
    static ASKED: Cell<bool> = const { Cell::new(false) };
}

/// The answer to `body`, where that was sent early. Only the first request of this kind can have one.
pub async fn answer(url: &str, body: &str) -> Option<Response> {
    if !body.starts_with(READ) || ASKED.replace(true) {
        return None;
    }
    let sent = Reflect::get(&gloo_utils::window(), &SENT.into()).ok()?;
    let of_sent = |name: &str| Reflect::get(&sent, &name.into()).ok();
    if sent.is_undefined() || of_sent("body")?.as_string()? != body {
        store::set(store::local(), KEY, Some(&format!("{url}\n{body}")));
        return None;
    }
    let answer: Promise = of_sent("answer")?.dyn_into().ok()?;
    // One that did not arrive is asked for again.
    JsFuture::from(answer).await.ok()?.dyn_into().ok()
}

/// Nobody asks on behalf of who has left.
pub fn forget() {
    store::set(store::local(), KEY, None);
}
