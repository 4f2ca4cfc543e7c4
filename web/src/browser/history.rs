//! Where the browser is, and how it moves on within the page. Written by hand: a router crate with its
//! histories, recognizers and query parsers made a tenth of the page.

use gloo_events::EventListener;
use web_sys::Event;
use web_sys::wasm_bindgen::JsValue;
use yew::AttrValue;

use crate::routes::Route;

/// What of the address decides which page is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub route: Route,
    /// With its `?`, or empty.
    pub query: AttrValue,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Push,
    /// Leaves no step back to where one was.
    Replace,
}

const MOVED: &str = "popstate";

pub fn here() -> Address {
    let location = gloo_utils::window().location();
    Address {
        route: Route::of(&location.pathname().unwrap_or_default()),
        query: location.search().unwrap_or_default().into(),
    }
}

/// `url` is a path of ours. Whoever listens hears of it as of the browser's own steps back and forth.
pub fn go(url: &str, step: Step) {
    if write(url, step)
        && let Ok(event) = Event::new(MOVED)
    {
        let _ = gloo_utils::window().dispatch_event(&event);
    }
}

/// Only the address: for who shows already what it says. Whether the browser took it.
pub fn write(url: &str, step: Step) -> bool {
    let Ok(history) = gloo_utils::window().history() else { return false };
    let moved = match step {
        Step::Push => history.push_state_with_url(&JsValue::NULL, "", Some(url)),
        Step::Replace => history.replace_state_with_url(&JsValue::NULL, "", Some(url)),
    };
    moved.is_ok()
}

/// Calls for every move, until what it hands back is dropped.
pub fn on_move(callback: impl Fn(Address) + 'static) -> EventListener {
    EventListener::new(&gloo_utils::window(), MOVED, move |_| callback(here()))
}
