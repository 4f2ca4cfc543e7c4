//! The open tasks, then the done ones.

use yew::prelude::*;

use crate::todos::actions::Actions;
use crate::todos::editor::Ended;
use crate::todos::item::{Event, TodoItem};
use crate::todos::new_todo::FIELD;
use crate::todos::todo_list::{Item, Sync, TodoList};
use crate::todos::unsaved_item::unsaved_item;
use crate::todos::use_editing::Editing;
use crate::todos::use_window::use_window;
use crate::ui::use_focus_later::{FocusLater, use_focus_later};
use crate::ui::use_minute::use_minute;
use crate::ui::use_steady_focus::use_steady_focus;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub list: UseReducerHandle<TodoList>,
    pub actions: Actions,
    pub editing: Editing,
    /// Whether nothing can be sent at the moment.
    pub stalled: bool,
    /// The end of the list is near.
    pub onend: Callback<()>,
}

#[component]
pub fn TodoLists(props: &Props) -> Html {
    let Props { list, actions, editing, stalled, onend } = props;
    let focus = use_focus_later();
    let now = use_minute();
    let window = use_window(list, onend.clone());
    use_steady_focus(&window.node);
    let onevent = {
        let (list, actions, stay) = (list.clone(), actions.clone(), window.stay.clone());
        let (editing, focus) = (editing.clone(), focus.clone());
        Callback::from(move |(key, event): (AttrValue, Event)| {
            if let Some(item) = list.find(&key) {
                // Wherever its row goes, it is drawn there.
                stay.emit(key);
                handle(item, event, &list, &actions, &editing, &focus);
            }
        })
    };
    let of = if list.next.is_some() { -1 } else { place(list.items.len()) };
    let row = |at: usize| {
        let item = list.items[at].clone();
        if item.sync == Sync::Refused {
            return unsaved_item(&item, actions);
        }
        let waits = *stalled && item.sync == Sync::Waiting;
        let key = item.key.to_string();
        let editing = editing.text_of(&item.todo.id);
        let onevent = onevent.clone();
        html! { <TodoItem {key} {item} {waits} {now} {editing} at={place(at + 1)} {of} {onevent} /> }
    };
    let open = list.items.partition_point(|item| !item.todo.is_complete);
    let heading = |hidden| html! { <li key="done" class="group" {hidden}><h2>{ "Done" }</h2></li> };
    // The gaps, and the heading where it may be near, are there also where they take no room. With one that came
    // or went as a row moves, Yew would move that row's neighbours.
    let mut children = Vec::new();
    for (name, (before, range)) in ["gap", "gap-between"].into_iter().zip(&window.drawn) {
        children.push(gap(name, *before));
        for at in range.clone() {
            if at == open {
                children.push(heading(false));
            }
            children.push(row(at));
        }
        if range.end == open && open == list.items.len() && !range.is_empty() {
            children.push(heading(true));
        }
    }
    children.push(gap("gap-after", window.last_gap));
    html! {
        <>
            if open == 0 && list.loaded && list.filter.is_all() {
                <p class="all-done">{ "All done. Enjoy the quiet." }</p>
            }
            <ul class="todos" aria-label="Your tasks" ref={window.node}>{ for children }</ul>
        </>
    }
}

/// The room of rows that are not drawn. A picture has a height of its own, where the content security policy lets
/// no style be.
fn gap(key: &'static str, height: i32) -> Html {
    html! {
        <li {key} class="gap" aria-hidden="true"><svg width="1" height={height.to_string()} /></li>
    }
}

fn place(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
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
