//! The keys that spare somebody the mouse, and the map of them, which `?` opens. The browser's own dialog keeps the
//! focus in, gives it back, and closes on Esc. Single letters can be turned off: speech and shaking hands type
//! them by accident (WCAG 2.1.4).

use gloo_events::{EventListener, EventListenerOptions};
use web_sys::wasm_bindgen::JsCast;
use web_sys::{Element, HtmlDialogElement, HtmlElement, Node};
use yew::prelude::*;

use crate::browser::store;
use crate::todos::new_todo::FIELD;
use crate::ui::use_page::focus;

const OFF: &str = "todos.keys-off";

const KEYS: [(&str, &str); 8] = [
    ("N", "New task"),
    ("/", "Search"),
    ("J", "Next task"),
    ("K", "Previous task"),
    ("X", "Tick or untick"),
    ("E", "Edit"),
    ("Delete", "Delete"),
    ("?", "This map"),
];

#[component]
pub fn Shortcuts() -> Html {
    let map = use_node_ref();
    let off = use_state_eq(|| store::get(store::local(), OFF).is_some());
    {
        let map = map.clone();
        use_effect_with(*off, move |off| {
            let off = *off;
            let options = EventListenerOptions::enable_prevent_default();
            let window = gloo_utils::window();
            let keys = EventListener::new_with_options(&window, "keydown", options, move |event| {
                if let Some(event) = event.dyn_ref::<KeyboardEvent>()
                    && !(off && event.key().len() == 1)
                    && press(event, &map).is_some()
                {
                    event.prevent_default();
                }
            });
            move || drop(keys)
        });
    }
    let onchange = {
        let off = off.clone();
        Callback::from(move |_| {
            store::set(store::local(), OFF, (!*off).then_some(""));
            off.set(!*off);
        })
    };
    let onclick = {
        let map = map.clone();
        Callback::from(move |_| {
            show(&map);
        })
    };
    html! {
        <>
            <button type="button" class="icon-button keys-button" aria-label="Keyboard shortcuts" title="Keyboard shortcuts (?)" {onclick}>
                { "?" }
            </button>
            <dialog class="keys" aria-labelledby="keys-title" ref={map}>
                <form method="dialog">
                    <h2 id="keys-title">{ "Keyboard shortcuts" }</h2>
                    <dl>
                        { for KEYS.map(|(key, what)| html! { <div><dt><kbd>{ key }</kbd></dt><dd>{ what }</dd></div> }) }
                    </dl>
                    <label><input type="checkbox" checked={!*off} {onchange} />{ "Single letters are shortcuts" }</label>
                    <button class="button wide" autofocus=true>{ "Close" }</button>
                </form>
            </dialog>
        </>
    }
}

/// Does what the key stands for; nothing where somebody types, or the key means something else already.
fn press(event: &KeyboardEvent, map: &NodeRef) -> Option<()> {
    let target = event.target()?.dyn_into::<Element>().ok()?;
    let is_taken = event.default_prevented()
        || event.ctrl_key()
        || event.meta_key()
        || event.alt_key()
        || target.closest("input:not(.tick), textarea, dialog").ok()?.is_some();
    if is_taken {
        return None;
    }
    let row = target.closest(".todo").ok().flatten();
    let click = |part| {
        let part = row.as_ref()?.query_selector(part).ok()??;
        part.dyn_into::<HtmlElement>().ok().map(|part| part.click())
    };
    match event.key().as_str() {
        "?" => show(map),
        "n" => focus(FIELD, true).then_some(()),
        "/" => focus("search", true).then_some(()),
        "j" => step(row.as_ref(), 1),
        "k" => step(row.as_ref(), -1),
        "x" => click(".tick"),
        "e" => click(".edit"),
        "Delete" => click(".danger"),
        _ => None,
    }
}

fn show(map: &NodeRef) -> Option<()> {
    map.cast::<HtmlDialogElement>()?.show_modal().ok()
}

/// To the task after or before this one; from elsewhere to the first.
fn step(row: Option<&Element>, by: i32) -> Option<()> {
    let rows = gloo_utils::document().query_selector_all(".todo").ok()?;
    let here: Option<&Node> = row.map(AsRef::as_ref);
    let at =
        here.and_then(|here| (0..rows.length()).find(|at| rows.get(*at).as_ref() == Some(here)));
    let next = at.map_or(Some(0), |at| at.checked_add_signed(by))?;
    let tick = rows.get(next)?.dyn_into::<Element>().ok()?.query_selector(".tick").ok()??;
    tick.dyn_into::<HtmlElement>().ok()?.focus().ok()
}
