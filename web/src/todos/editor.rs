//! A task's text while it is changed: Enter and leaving keep it, Escape drops it.

use web_sys::wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement, HtmlTextAreaElement};
use yew::platform::spawn_local;
use yew::prelude::*;

use crate::browser::sleep::pause;
use crate::todos::new_todo::TASK_MAX;

/// How an edit ends.
pub enum Ended {
    /// The text, and whether a key did it: then the focus has to go somewhere.
    Kept {
        task: AttrValue,
        by_key: bool,
    },
    Dropped,
}

#[derive(Properties, PartialEq)]
pub struct Props {
    pub task: AttrValue,
    pub label: AttrValue,
    pub onchange: Callback<String>,
    pub onend: Callback<Ended>,
}

#[component]
pub fn TodoEditor(props: &Props) -> Html {
    let node = use_node_ref();
    let text = use_state({
        let task = props.task.clone();
        move || task
    });
    // Taking the field away blurs it, which must not end the edit a second time.
    let ended = use_mut_ref(|| false);

    {
        let node = node.clone();
        use_effect_with((), move |()| {
            // Texts that come back open by themselves: whoever is writing elsewhere writes on.
            let field = node.cast::<HtmlTextAreaElement>().filter(|_| !is_writing());
            if let Some(field) = field {
                let _ = field.focus();
                let end = u32::try_from(field.value().encode_utf16().count()).unwrap_or(u32::MAX);
                let _ = field.set_selection_range(end, end);
            }
        });
    }

    let end = {
        let (ended, onend) = (ended.clone(), props.onend.clone());
        Callback::from(move |how: Ended| {
            if !ended.replace(true) {
                onend.emit(how);
            }
        })
    };
    let onkeydown = {
        let (text, end) = (text.clone(), end.clone());
        Callback::from(move |event: KeyboardEvent| match event.key().as_str() {
            // Enter that ends a composition belongs to the input method.
            "Enter" if !event.is_composing() => {
                event.prevent_default();
                end.emit(Ended::Kept { task: (*text).clone(), by_key: true });
            }
            "Escape" => {
                event.prevent_default();
                end.emit(Ended::Dropped);
            }
            _ => {}
        })
    };
    let onblur = {
        let (node, text) = (node.clone(), text.clone());
        Callback::from(move |_| {
            let document = gloo_utils::document();
            // Another window in front is no decision.
            if !document.has_focus().unwrap_or(true) {
                return;
            }
            let (node, end, task) = (node.cast::<Element>(), end.clone(), (*text).clone());
            // Nor is the move of its row: by the next task of the browser, `use_steady_focus` has given the focus back.
            spawn_local(async move {
                pause(0).await;
                if document.active_element() != node {
                    end.emit(Ended::Kept { task, by_key: false });
                }
            });
        })
    };
    let oninput = {
        let (text, onchange) = (text.clone(), props.onchange.clone());
        Callback::from(move |event: InputEvent| {
            // A task is one line, also when several are pasted.
            let new =
                event.target_unchecked_into::<HtmlTextAreaElement>().value().replace('\n', " ");
            onchange.emit(new.clone());
            text.set(new.into());
        })
    };
    html! {
        <textarea
            ref={node}
            class="todo-editor"
            rows="1"
            maxlength={TASK_MAX}
            enterkeyhint="done"
            aria-label={props.label.clone()}
            value={(*text).clone()}
            {oninput}
            {onkeydown}
            {onblur}
        />
    }
}

/// Whether the focus is in a text field that has something in it.
fn is_writing() -> bool {
    let Some(focused) = gloo_utils::document().active_element() else { return false };
    if let Some(field) = focused.dyn_ref::<HtmlTextAreaElement>() {
        return !field.value().is_empty();
    }
    focused
        .dyn_ref::<HtmlInputElement>()
        .is_some_and(|field| field.type_() == "text" && !field.value().is_empty())
}
