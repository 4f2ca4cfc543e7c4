//! Focus that stays where it is: a browser takes it from an element that is moved.

use std::cell::RefCell;

use web_sys::Element;
use yew::prelude::*;

use super::use_page::focus_on;

thread_local! {
    /// What had the focus last, before the renders whose effects are still to come: where these take long, Yew lets
    /// the browser go on in between, and may render again.
    static BEFORE: RefCell<Option<Element>> = const { RefCell::new(None) };
}

/// Hands it back after each render of the caller, unless something else has it by then.
#[hook]
pub fn use_steady_focus() {
    let document = gloo_utils::document();
    let nowhere = document.body().map(Into::into);
    let focused = document.active_element();
    if focused != nowhere {
        BEFORE.set(focused);
    }
    use_effect(move || {
        let is_lost = document.active_element() == nowhere;
        if let Some(element) = BEFORE.take().filter(|element| is_lost && element.is_connected()) {
            focus_on(element, false);
        }
    });
}

/// Whether this is about to get the focus back, where it has been moved.
pub fn is_steady(element: &Element) -> bool {
    BEFORE.with_borrow(|before| before.as_ref() == Some(element))
}
