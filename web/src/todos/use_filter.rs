//! What is looked at stands in the address: it can be shared, and the way back leads there.

use web_sys::js_sys::encode_uri_component;
use yew::prelude::*;

use crate::browser::history;
use crate::browser::history::Step;
use crate::todos::filter::{Filter, Show};
use crate::todos::todo_list::{Change, TodoList};
use crate::ui::use_page::query;

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
    if before == *filter {
        return;
    }
    let is_step =
        before.show != filter.show || before.search.is_empty() != filter.search.is_empty();
    history::write(&path(filter), if is_step { Step::Push } else { Step::Replace });
}

/// Goes along when the way leads back or forth.
#[hook]
pub fn use_way_back(list: &UseReducerHandle<TodoList>) {
    let list = list.dispatcher();
    use_effect_with((), move |()| {
        let moves = history::on_move(move |_| list.dispatch(Change::Filter(here())));
        move || drop(moves)
    });
}
