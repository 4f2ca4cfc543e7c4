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
}

#[component]
pub fn TodoLists(props: &Props) -> Html {
    let Props { list, actions, editing } = props;
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
        if item.sync == Sync::Unsaved {
            return unsaved_item(item, actions);
        }
        let (key, item) = (item.key.to_string(), item.clone());
        let editing = editing.text_of(&item.todo.id);
        html! { <TodoItem {key} {item} {editing} onevent={onevent.clone()} /> }
    };
    let done = list.done().count();
    html! {
        <>
            if list.open().next().is_some() {
                <ul class="todos" aria-label="Open tasks">{ for list.open().map(row) }</ul>
            } else if done > 0 {
                <p class="all-done">{ "All done. Enjoy the quiet." }</p>
            }
            if done > 0 {
                <h2 class="group" id="done-title">{ "Done" }</h2>
                <ul class="todos" aria-labelledby="done-title">{ for list.done().map(row) }</ul>
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
            // The row moves to the other list, and the focus with it; the eye only where a key did it.
            let id = format!("tick-{key}");
            focus.on(id.clone(), is_focus_visible(&id));
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
            if task.is_empty() || task == *todo.task {
                editing.drop_draft(&todo.id);
            } else {
                editing.keep(&todo.id, task.clone());
                actions.rename(key, task.into());
            }
        }
        Event::Delete => {
            let next = list.neighbour(key).filter(|next| !next.is_new());
            let id = next.map_or(FIELD.to_owned(), |next| format!("tick-{}", next.key));
            focus.on(id, true);
            actions.delete(key);
        }
    }
}

fn is_focus_visible(id: &str) -> bool {
    gloo_utils::document()
        .get_element_by_id(id)
        .is_some_and(|element| element.matches(":focus-visible").unwrap_or(false))
}
