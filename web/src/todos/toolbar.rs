//! What is shown of the list, and what is done to all of it.

use web_sys::{HtmlInputElement, MouseEvent};
use yew::prelude::*;

use crate::todos::actions::Actions;
use crate::todos::filter::{Filter, Show};
use crate::todos::todo_list::{Change, TodoList};
use crate::todos::use_filter::path;

/// In characters, as the server takes it.
const SEARCH_MAX: &str = "100";

pub fn toolbar(list: &UseReducerHandle<TodoList>, actions: &Actions) -> Html {
    if list.is_empty() && list.filter.is_all() {
        return Html::default();
    }
    let filter = &list.filter;
    let oninput = {
        let (dispatcher, show) = (list.dispatcher(), filter.show);
        Callback::from(move |event: InputEvent| {
            let search = event.target_unchecked_into::<HtmlInputElement>().value().into();
            dispatcher.dispatch(Change::Filter(Filter { show, search }));
        })
    };
    let act = |act: fn(&Actions)| {
        let actions = actions.clone();
        Callback::from(move |_: MouseEvent| act(&actions))
    };
    html! {
        <div class="toolbar">
            <nav class="filters" aria-label="Show">{ for Show::ALL.map(|show| link(list, show)) }</nav>
            <input
                id="search"
                class="search"
                type="search"
                placeholder="Search"
                aria-label="Search your tasks"
                autocomplete="off"
                enterkeyhint="search"
                maxlength={SEARCH_MAX}
                value={filter.search.clone()}
                {oninput}
            />
            <div class="bulk">
                if list.counts.open > 0 {
                    <button type="button" class="button small quiet" onclick={act(Actions::complete_all)}>
                        { "Complete all" }
                    </button>
                }
                if list.counts.done > 0 {
                    <button type="button" class="button small quiet" onclick={act(Actions::clear_done)}>
                        { "Clear done" }
                    </button>
                }
            </div>
        </div>
    }
}

/// A link, so that it can be opened in another tab.
fn link(list: &UseReducerHandle<TodoList>, show: Show) -> Html {
    let filter = Filter { show, search: list.filter.search.clone() };
    let is_current = list.filter.show == show;
    let href = path(&filter);
    let dispatcher = list.dispatcher();
    let onclick = Callback::from(move |event: MouseEvent| {
        if !(event.ctrl_key() || event.meta_key() || event.shift_key()) {
            event.prevent_default();
            dispatcher.dispatch(Change::Filter(filter.clone()));
        }
    });
    let label = match show {
        Show::All => "All",
        Show::Open => "Open",
        Show::Done => "Done",
    };
    html! { <a {href} aria-current={is_current.then_some("page")} {onclick}>{ label }</a> }
}
