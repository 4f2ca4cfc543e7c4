//! Focus that stays where it is: a browser takes it from an element that is moved.

use std::cell::RefCell;

use web_sys::js_sys::Function;
use web_sys::wasm_bindgen::JsCast as _;
use web_sys::wasm_bindgen::closure::Closure;
use web_sys::{Element, MutationObserver, MutationObserverInit};
use yew::prelude::*;

use crate::ui::use_page::focus_on;

thread_local! {
    /// The element with the focus when the caller was last rendered.
    static BEFORE: RefCell<Option<Element>> = const { RefCell::new(None) };
}

/// Gives the focus back to the element that had it, when a render of the caller moves it among the children of `list`.
///
/// A `MutationObserver` does it before the browser handles the next key. An effect alone comes too late on a slow
/// machine: Yew lets the browser go on between a render and its effects.
#[hook]
pub fn use_steady_focus(list: &NodeRef) {
    let focused = gloo_utils::document().active_element();
    if !is_body(focused.as_ref()) {
        BEFORE.set(focused);
    }
    use_effect_with(list.clone(), |list| {
        let observed = list.cast::<Element>().and_then(|list| observe(&list));
        move || {
            if let Some((observer, _callback)) = observed {
                observer.disconnect();
            }
        }
    });
    // Also after a render without a move: forgets the element, so that a later move does not focus it.
    use_effect(give_back);
}

fn observe(list: &Element) -> Option<(MutationObserver, Closure<dyn FnMut()>)> {
    let callback = Closure::<dyn FnMut()>::new(give_back);
    let function: &Function = callback.as_ref().unchecked_ref();
    let observer = MutationObserver::new(function).ok()?;
    let options = MutationObserverInit::new();
    options.set_child_list(true);
    observer.observe_with_options(list, &options).ok()?;
    Some((observer, callback))
}

/// Unless something else has the focus by now, or the element is gone.
fn give_back() {
    let before = BEFORE.take();
    if is_body(gloo_utils::document().active_element().as_ref())
        && let Some(element) = before.filter(|element| element.is_connected())
    {
        focus_on(element, false);
    }
}

/// The body has the focus when nothing else has.
fn is_body(element: Option<&Element>) -> bool {
    let body = gloo_utils::document().body();
    element == body.as_deref()
}
