//! The list is asked for while the app is still on its way: `view.js` sends what the app asked for first the last
//! time, and the app takes an answer where it asks for the same again. Whose answer it is, is looked at as ever.

use std::cell::RefCell;

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;
use web_sys::js_sys::{Promise, Reflect};

use crate::auth::session_marker;
use crate::browser::store;

/// In the browser's storage: where to, and what, a line each.
const KEY: &str = "todos.first";

/// Where `view.js` leaves the promised answers, by what it has sent, and of which cookies it was.
const SENT: &str = "todosFirst";

/// What the list waits for. It only reads, and so may be sent without anybody having asked.
const READS: [&str; 2] = [r#"{"operationName":"Todos""#, r#"{"operationName":"Session""#];

thread_local! {
    /// What `KEY` will hold.
    static ASKED: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The answer to `body`, where that was sent early. Only the first request of a kind can have one.
pub async fn answer(url: &str, body: &str) -> Option<Response> {
    let kind = READS.into_iter().find(|read| body.starts_with(read))?;
    if !is_first(kind, url, body) {
        return None;
    }
    let sent = Reflect::get(&gloo_utils::window(), &SENT.into()).ok()?;
    let answer: Promise = Reflect::get(&sent, &body.into()).ok()?.dyn_into().ok()?;
    // One that did not arrive is asked for again; so is one to cookies that another tab has replaced since: they
    // were refused, or somebody else's.
    let answer: Response = JsFuture::from(answer).await.ok()?.dyn_into().ok()?;
    let asked_with = Reflect::get(&sent, &"generation".into()).ok()?.as_string();
    (asked_with == session_marker::stored_generation()).then_some(answer)
}

fn is_first(kind: &str, url: &str, body: &str) -> bool {
    ASKED.with_borrow_mut(|asked| {
        if asked.contains(kind) {
            return false;
        }
        if asked.is_empty() {
            asked.push_str(url);
        }
        asked.push('\n');
        asked.push_str(body);
        store::set(store::local(), KEY, Some(asked));
        true
    })
}

/// Nobody asks on behalf of who has left.
pub fn forget() {
    store::set(store::local(), KEY, None);
}
