//! What is looked at stands in the address: it can be shared, and the way back leads there.

use gloo_events::EventListener;
use web_sys::js_sys::encode_uri_component;
use web_sys::wasm_bindgen::JsValue;
use yew::prelude::*;

use super::use_page::query;
use crate::state::filter::{Filter, Show};
use crate::state::todo_list::{Change, TodoList};

/// What the address names.
pub fn here() -> Filter {
    Filter::new(query("show").as_deref(), query("q"))
}

pub fn path(filter: &Filter) -> String {
    let search = String::from(encode_uri_component(&filter.search));
    match (filter.show == Show::All, search.is_empty()) {
        (true, true) => "/".to_owned(),
        (false, true) => ["/?show=", filter.show.name()].concat(),
        (true, false) => ["/?q=", &search].concat(),
        (false, false) => ["/?show=", filter.show.name(), "&q=", &search].concat(),
    }
}

/// Puts it into the address. Another filter is a step to go back from, another letter of a search is none.
pub fn note(filter: &Filter) {
    let before = here();
    let Ok(history) = gloo_utils::window().history() else { return };
    if before == *filter {
        return;
    }
    let path = path(filter);
    let is_step =
        before.show != filter.show || before.search.is_empty() != filter.search.is_empty();
    let _ = if is_step {
        history.push_state_with_url(&JsValue::NULL, "", Some(&path))
    } else {
        history.replace_state_with_url(&JsValue::NULL, "", Some(&path))
    };
}

/// Goes along when the way leads back or forth.
#[hook]
pub fn use_way_back(list: &UseReducerHandle<TodoList>) {
    let list = list.dispatcher();
    use_effect_with((), move |()| {
        let listener = EventListener::new(&gloo_utils::window(), "popstate", move |_| {
            list.dispatch(Change::Filter(here()));
        });
        move || drop(listener)
    });
}
