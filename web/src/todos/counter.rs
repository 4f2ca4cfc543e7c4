//! "3 open, 2 done", on all pages; nothing is said of an empty list, which speaks for itself.

use yew::prelude::*;

use crate::model::Counts;
use crate::todos::todo_list::TodoList;

pub fn counter(list: &TodoList) -> Html {
    let shown = list.loaded && !list.is_empty();
    html! { <p class="counter" id="counter">{ shown.then(|| count(list.counts)) }</p> }
}

fn count(Counts { open, done }: Counts) -> String {
    [&*open.to_string(), " open, ", &done.to_string(), " done"].concat()
}
