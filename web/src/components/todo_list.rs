//! The open tasks, then the done ones.

use yew::prelude::*;

use super::new_todo::FIELD;
use super::todo_editor::Ended;
use super::todo_item::{Event, TodoItem};
use super::unsaved_item::unsaved_item;
use crate::hooks::actions::Actions;
use crate::hooks::use_editing::Editing;
use crate::hooks::use_focus_later::{FocusLater, use_focus_later};
use crate::state::todo_list::{Item, Sync, TodoList};

#[derive(Properties, PartialEq)]
pub struct Props {
    pub list: UseReducerHandle<TodoList>,
    pub actions: Actions,
    pub editing: Editing,
    /// Whether nothing can be sent at the moment.
    pub stalled: bool,
}

#[component]
pub fn TodoLists(props: &Props) -> Html {
    let Props { list, actions, editing, stalled } = props;
    let focus = use_focus_later();
    let onevent = {
        let (list, actions) = (list.clone(), actions.clone());
        let (editing, focus) = (editing.clone(), focus.clone());
        Callback::from(move |(key, event): (AttrValue, Event)| {
            if let Some(item) = list.find(&key) {
                handle(item, event, &list, &actions, &editing, &focus);
            }
        })
    };
    let row = |item: &Item| {
        if item.sync == Sync::Refused {
            return unsaved_item(item, actions);
        }
        let waits = *stalled && item.sync == Sync::Waiting;
        let (key, item) = (item.key.to_string(), item.clone());
        let editing = editing.text_of(&item.todo.id);
        html! { <TodoItem {key} {item} {waits} {editing} onevent={onevent.clone()} /> }
    };
    let open = list.items.partition_point(|item| !item.todo.is_complete);
    let (open, done) = list.items.split_at(open);
    html! {
        <>
            if !open.is_empty() {
                <ul class="todos" aria-label="Open tasks">{ for open.iter().map(row) }</ul>
            } else if list.filter.is_all() {
                <p class="all-done">{ "All done. Enjoy the quiet." }</p>
            }
            if !done.is_empty() {
                <h2 class="group" id="done-title">{ "Done" }</h2>
                <ul class="todos" aria-labelledby="done-title">{ for done.iter().map(row) }</ul>
            }
        </>
    }
}

fn handle(
    item: &Item,
    event: Event,
    list: &TodoList,
    actions: &Actions,
    editing: &Editing,
    focus: &FocusLater,
) {
    let (key, todo) = (&item.key, &item.todo);
    match event {
        Event::Toggle => {
            // The row moves, and the focus with it, or to the next one where it is shown no more; the eye only
            // where a key did it.
            let id = format!("tick-{key}");
            let by_key = is_focus_visible(&id);
            let stays = list.filter.has(!todo.is_complete);
            focus.on(if stays { id } else { beside(list, key) }, by_key);
            actions.toggle(key);
        }
        Event::Edit if item.is_new() => {}
        Event::Edit => editing.begin(&todo.id, &todo.task),
        Event::Type(text) => editing.keep(&todo.id, text),
        Event::EndEdit(ended) => {
            let (task, by_key) = match ended {
                Ended::Kept { task, by_key } => (task.trim().to_owned(), by_key),
                Ended::Dropped => (String::new(), true),
            };
            editing.close(&todo.id);
            if by_key {
                focus.on(format!("edit-{key}"), true);
            }
            editing.drop_draft(&todo.id);
            if !task.is_empty() && task != *todo.task {
                actions.rename(key, task.into());
            }
        }
        Event::Delete => {
            focus.on(beside(list, key), true);
            actions.delete(key);
        }
    }
}

/// Where the focus goes when this row is gone.
fn beside(list: &TodoList, key: &str) -> String {
    let next = list.neighbour(key).filter(|next| next.sync != Sync::Refused);
    next.map_or(FIELD.to_owned(), |next| format!("tick-{}", next.key))
}

fn is_focus_visible(id: &str) -> bool {
    gloo_utils::document()
        .get_element_by_id(id)
        .is_some_and(|element| element.matches(":focus-visible").unwrap_or(false))
}
