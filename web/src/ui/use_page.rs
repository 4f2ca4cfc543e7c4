//! What every page does when it comes up: name itself and take the focus.

use std::cell::Cell;

use web_sys::wasm_bindgen::JsCast;
use web_sys::{Element, FocusOptions, HtmlElement, UrlSearchParams};
use yew::prelude::*;

thread_local! {
    /// The first page keeps the browser's own focus: a reader has just begun at the top.
    static MOVED: Cell<bool> = const { Cell::new(false) };
}

/// Sets the document's title, and on every page after the first moves the focus to the element of this id.
#[hook]
pub fn use_page(title: &'static str, focus_id: &'static str) {
    use_effect_with(title, move |title| {
        gloo_utils::document().set_title(&format!("{title} \u{b7} Todos"));
    });
    use_effect_with((), move |()| {
        if MOVED.replace(true) {
            focus(focus_id, true);
        }
    });
}

/// What the address says of this name, if anything.
pub fn query(name: &str) -> Option<String> {
    parameter(&gloo_utils::window().location().search().ok()?, name)
}

/// What a query says of this name, if anything.
pub fn parameter(query: &str, name: &str) -> Option<String> {
    UrlSearchParams::new_with_str(query).ok()?.get(name).filter(|value| !value.is_empty())
}

/// Whether there was an element to focus.
pub fn focus(id: &str, scroll: bool) -> bool {
    gloo_utils::document().get_element_by_id(id).is_some_and(|element| focus_on(element, scroll))
}

/// Whether it is one that can have the focus.
pub fn focus_on(element: Element, scroll: bool) -> bool {
    let Ok(element) = element.dyn_into::<HtmlElement>() else { return false };
    let options = FocusOptions::new();
    options.set_prevent_scroll(!scroll);
    element.focus_with_options(&options).is_ok()
}
