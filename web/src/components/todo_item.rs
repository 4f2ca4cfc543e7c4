//! One row: tick, text, edit, delete.

use yew::prelude::*;

use super::icon::{Icon, Sign};
use super::todo_editor::{Ended, TodoEditor};
use crate::state::todo_list::Item;

/// What was done to a row.
pub enum Event {
    Toggle,
    Edit,
    /// The text so far.
    Type(String),
    EndEdit(Ended),
    Delete,
}

#[derive(Properties, PartialEq)]
pub struct Props {
    pub item: Item,
    /// The text under edit, where this row is.
    #[prop_or_default]
    pub editing: Option<AttrValue>,
    pub onevent: Callback<(AttrValue, Event)>,
}

#[component]
pub fn TodoItem(props: &Props) -> Html {
    let Item { key, todo, .. } = &props.item;
    let emit = |event: fn() -> Event| {
        let (onevent, key) = (props.onevent.clone(), key.clone());
        Callback::from(move |()| onevent.emit((key.clone(), event())))
    };
    let class = classes!(
        "todo",
        todo.is_complete.then_some("done"),
        props.item.is_new().then_some("saving"),
        props.editing.is_some().then_some("editing"),
    );
    if let Some(text) = &props.editing {
        let onend = props.onevent.reform({
            let key = key.clone();
            move |how| (key.clone(), Event::EndEdit(how))
        });
        let onchange = props.onevent.reform({
            let key = key.clone();
            move |text| (key.clone(), Event::Type(text))
        });
        return html! {
            <li {class}>
                <TodoEditor task={text.clone()} label={format!("Edit {}", todo.task)} {onchange} {onend} />
                <p class="todo-note editor-note" aria-hidden="true">{ "Enter keeps, Esc drops" }</p>
            </li>
        };
    }
    let onkeydown = {
        let edit = emit(|| Event::Edit);
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "F2" {
                event.prevent_default();
                edit.emit(());
            }
        })
    };
    let ondblclick = emit(|| Event::Edit).reform(|_| ());
    let onclick = {
        let edit = emit(|| Event::Edit);
        Callback::from(move |_| {
            if is_finger() {
                edit.emit(());
            }
        })
    };
    let text_id = format!("text-{key}");
    html! {
        <li {class} {onkeydown}>
            <input
                id={format!("tick-{key}")}
                class="tick"
                type="checkbox"
                checked={todo.is_complete}
                aria-labelledby={text_id.clone()}
                onchange={emit(|| Event::Toggle).reform(|_| ())}
            />
            <p id={text_id} class="todo-text" {onclick} {ondblclick}>{ todo.task.clone() }</p>
            <div class="todo-actions">
                <button
                    id={format!("edit-{key}")}
                    type="button"
                    class="icon-button edit"
                    title="Edit (F2)"
                    aria-label={format!("Edit {}", todo.task)}
                    onclick={emit(|| Event::Edit).reform(|_| ())}
                >
                    <Icon sign={Sign::Pencil} />
                </button>
                <button
                    id={format!("delete-{key}")}
                    type="button"
                    class="icon-button danger"
                    title="Delete"
                    aria-label={format!("Delete {}", todo.task)}
                    onclick={emit(|| Event::Delete).reform(|_| ())}
                >
                    <Icon sign={Sign::Trash} />
                </button>
            </div>
        </li>
    }
}

/// Where fingers point, a tap on the text edits it: there is no double click, and no room for a button.
fn is_finger() -> bool {
    gloo_utils::window()
        .match_media("(pointer: coarse)")
        .ok()
        .flatten()
        .is_some_and(|query| query.matches())
}
