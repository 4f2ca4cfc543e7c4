//! Focus that stays where it is: a browser takes it from an element that is moved.

use yew::prelude::*;

use super::use_page::focus_on;

/// Hands it back after each render of the caller, unless something else has it by then.
#[hook]
pub fn use_steady_focus() {
    let document = gloo_utils::document();
    let before = document.active_element();
    use_effect(move || {
        let is_lost = document.active_element() == document.body().map(Into::into);
        if let Some(element) = before.filter(|element| is_lost && element.is_connected()) {
            focus_on(element, false);
        }
    });
}
