//! One row: tick, text, edit, delete.

use yew::prelude::*;

use crate::todos::editor::{Ended, TodoEditor};
use crate::todos::todo_list::Item;
use crate::ui::age::age;
use crate::ui::icon::{Sign, icon};

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
    /// Its place among so many: not all of them are drawn.
    pub at: i32,
    pub of: i32,
    /// Whether something of it waits for the network.
    pub waits: bool,
    /// Milliseconds since 1970, to the minute.
    pub now: u64,
    /// The text under edit, where this row is.
    #[prop_or_default]
    pub editing: Option<AttrValue>,
    pub onevent: Callback<(AttrValue, Event)>,
}

impl Props {
    fn on(&self, event: fn() -> Event) -> Callback<()> {
        let (onevent, key) = (self.onevent.clone(), self.item.key.clone());
        Callback::from(move |()| onevent.emit((key.clone(), event())))
    }

    fn on_value<T: 'static>(&self, event: fn(T) -> Event) -> Callback<T> {
        let key = self.item.key.clone();
        self.onevent.reform(move |value| (key.clone(), event(value)))
    }
}

#[component]
pub fn TodoItem(props: &Props) -> Html {
    let Item { key, todo, .. } = &props.item;
    let class = classes!(
        "todo",
        todo.is_complete.then_some("done"),
        props.item.is_new().then_some("saving"),
        props.editing.is_some().then_some("editing"),
    );
    let onkeydown = {
        let edit = props.on(|| Event::Edit);
        let editing = props.editing.is_some();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "F2" && !editing {
                event.prevent_default();
                edit.emit(());
            }
        })
    };
    html! {
        <li {class} aria-posinset={props.at.to_string()} aria-setsize={props.of.to_string()} {onkeydown}>
            <input
                id={format!("tick-{key}")}
                class="tick"
                type="checkbox"
                checked={todo.is_complete}
                aria-label={todo.task.clone()}
                onchange={props.on(|| Event::Toggle).reform(|_| ())}
            />
            if let Some(text) = props.editing.clone() {
                <div class="edit-box">
                    <TodoEditor
                        task={text}
                        label={format!("Edit {}", todo.task)}
                        onchange={props.on_value(Event::Type)}
                        onend={props.on_value(Event::EndEdit)}
                    />
                    <p class="todo-note editor-note" aria-hidden="true">{ "Enter keeps, Esc drops" }</p>
                </div>
            } else {
                { text(props) }
                if props.waits { <p class="todo-note waits">{ "Waiting" }</p> }
                { tools(props) }
                { for todo.inserted_at.map(|written| age(written, props.now)) }
            }
        </li>
    }
}

fn text(props: &Props) -> Html {
    let edit = props.on(|| Event::Edit);
    let ondblclick = edit.reform(|_| ());
    let onclick = Callback::from(move |_| {
        if is_finger() {
            edit.emit(());
        }
    });
    html! { <p class="todo-text" {onclick} {ondblclick}>{ props.item.todo.task.clone() }</p> }
}

fn tools(props: &Props) -> Html {
    let Item { key, todo, .. } = &props.item;
    html! {
        <div class="todo-actions">
            <button
                id={format!("edit-{key}")}
                type="button"
                class="icon-button edit"
                title="Edit (F2)"
                aria-label={format!("Edit {}", todo.task)}
                onclick={props.on(|| Event::Edit).reform(|_| ())}
            >
                { icon(Sign::Pencil) }
            </button>
            <button
                id={format!("delete-{key}")}
                type="button"
                class="icon-button danger"
                title="Delete"
                aria-label={format!("Delete {}", todo.task)}
                onclick={props.on(|| Event::Delete).reform(|_| ())}
            >
                { icon(Sign::Trash) }
            </button>
        </div>
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
