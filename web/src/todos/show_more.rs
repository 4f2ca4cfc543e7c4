//! The way to the next page of the list. Its last press takes it away; then the focus goes to where the new
//! rows begin.

use yew::prelude::*;

use crate::todos::todo_list::TodoList;
use crate::ui::use_focus_later::use_focus_later;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub list: UseReducerHandle<TodoList>,
    pub busy: bool,
    pub onmore: Callback<()>,
}

#[component]
pub fn ShowMore(props: &Props) -> Html {
    let Props { list, busy, onmore } = props;
    let focus = use_focus_later();
    // The row that the button stood behind when it was pressed.
    let last = use_mut_ref(|| None::<AttrValue>);
    let onclick = {
        let (list, onmore, last) = (list.clone(), onmore.clone(), last.clone());
        Callback::from(move |_| {
            last.replace(list.items.last().map(|item| item.key.clone()));
            onmore.emit(());
        })
    };
    if list.next.is_none() {
        let next = last.take().and_then(|key| list.neighbour(&key).cloned());
        if let Some(item) = next {
            focus.on(format!("tick-{}", item.key), false);
        }
        return Html::default();
    }
    html! {
        <button type="button" class="button wide more" aria-disabled={busy.then_some("true")} {onclick}>
            { if *busy { "Loading\u{2026}" } else { "Show more" } }
        </button>
    }
}
