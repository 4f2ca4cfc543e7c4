//! A new task that the server did not take: kept, and sent again on demand.

use yew::prelude::*;

use crate::todos::actions::Actions;
use crate::todos::todo_list::Item;

pub fn unsaved_item(item: &Item, actions: &Actions) -> Html {
    let Item { key, todo, .. } = item;
    let act = |act: fn(&Actions, &AttrValue)| {
        let (actions, key) = (actions.clone(), key.clone());
        Callback::from(move |_| act(&actions, &key))
    };
    html! {
        <li key={key.to_string()} class="todo unsaved">
            <div class="todo-text">
                <p>{ todo.task.clone() }</p>
                <p class="todo-note">{ "Not saved" }</p>
            </div>
            <div class="todo-choices">
                <button type="button" class="button small" onclick={act(Actions::retry)}>{ "Try again" }</button>
                <button type="button" class="button small quiet" onclick={act(Actions::discard)}>{ "Discard" }</button>
            </div>
        </li>
    }
}
