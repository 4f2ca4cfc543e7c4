//! The field for a new task. What is in it is kept until it is sent. Several lines that are pasted can become
//! several tasks.

use web_sys::wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, HtmlInputElement};
use yew::prelude::*;

use crate::todos::drafts;
use crate::ui::icon::{Sign, icon};
use crate::ui::use_focus_later::use_focus_later;

pub const FIELD: &str = "new-task";

/// In characters, as the server counts after trimming.
pub const TASK_MAX: &str = "1000";

#[derive(Properties, PartialEq)]
pub struct Props {
    pub user_id: AttrValue,
    pub onadd: Callback<Vec<AttrValue>>,
}

#[component]
pub fn NewTodo(props: &Props) -> Html {
    let text = {
        let user_id = props.user_id.clone();
        use_state(move || AttrValue::from(drafts::load(&user_id).new))
    };
    let pasted = use_state_eq(Vec::new);
    let focus = use_focus_later();
    let put = {
        let (text, user_id) = (text.setter(), props.user_id.clone());
        Callback::from(move |new: String| {
            drafts::update(&user_id, |drafts| drafts.new.clone_from(&new));
            text.set(new.into());
        })
    };
    let oninput =
        put.reform(|event: InputEvent| event.target_unchecked_into::<HtmlInputElement>().value());
    let onpaste = {
        let (pasted, focus) = (pasted.setter(), focus.clone());
        Callback::from(move |event: Event| {
            let lines = lines(&event);
            if lines.len() > 1 {
                event.prevent_default();
                pasted.set(lines);
                focus.on("add-lines", false);
            }
        })
    };
    let answer = |answer: Answer| {
        let (pasted, focus, put) = (pasted.clone(), focus.clone(), put.clone());
        let (text, onadd) = (text.clone(), props.onadd.clone());
        Callback::from(move |_: MouseEvent| {
            match answer {
                Answer::Each => onadd.emit((*pasted).clone()),
                Answer::One => {
                    let parts: Vec<_> =
                        [&*text].into_iter().chain(&*pasted).map(|part| &**part).collect();
                    put.emit(parts.join(" ").trim().to_owned());
                }
                Answer::None => {}
            }
            pasted.set(Vec::new());
            focus.on(FIELD, false);
        })
    };
    let onsubmit = {
        let (text, put, onadd) = (text.clone(), put.clone(), props.onadd.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let task = text.trim();
            if !task.is_empty() {
                onadd.emit(vec![AttrValue::from(task.to_owned())]);
                put.emit(String::new());
            }
        })
    };
    html! {
        <form class="new-todo" {onsubmit}>
            <label class="unseen" for={FIELD}>{ "New task" }</label>
            <input
                id={FIELD}
                type="text"
                placeholder="What needs doing?"
                autocomplete="off"
                enterkeyhint="done"
                maxlength={TASK_MAX}
                value={(*text).clone()}
                {oninput}
                {onpaste}
            />
            <button type="submit" class="button primary add">
                { icon(Sign::Plus) }
                <span>{ "Add" }</span>
            </button>
            if !pasted.is_empty() {
                <div class="lines" role="group" aria-label="Pasted lines">
                    <button id="add-lines" type="button" class="button small primary" onclick={answer(Answer::Each)}>
                        { ["Add ", &pasted.len().to_string(), " tasks"].concat() }
                    </button>
                    <button type="button" class="button small" onclick={answer(Answer::One)}>{ "As one task" }</button>
                    <button type="button" class="button small quiet" onclick={answer(Answer::None)}>{ "Cancel" }</button>
                </div>
            }
        </form>
    }
}

/// What several lines are to become.
#[derive(Clone, Copy)]
enum Answer {
    Each,
    One,
    None,
}

fn lines(event: &Event) -> Vec<AttrValue> {
    let data = event.dyn_ref::<ClipboardEvent>().and_then(ClipboardEvent::clipboard_data);
    let text = data.and_then(|data| data.get_data("text").ok()).unwrap_or_default();
    let lines = text.split('\n').map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| line.to_owned().into()).collect()
}
