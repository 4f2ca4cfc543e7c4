//! The field for a new task. What is in it is kept until it is sent.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::icon::{Sign, icon};
use crate::services::drafts;

pub const FIELD: &str = "new-task";

/// In characters, as the server counts after trimming.
pub const TASK_MAX: &str = "1000";

#[derive(Properties, PartialEq)]
pub struct Props {
    pub user_id: AttrValue,
    pub onadd: Callback<AttrValue>,
}

#[component]
pub fn NewTodo(props: &Props) -> Html {
    let text = {
        let user_id = props.user_id.clone();
        use_state(move || AttrValue::from(drafts::load(&user_id).new))
    };
    let put = {
        let (text, user_id) = (text.setter(), props.user_id.clone());
        Callback::from(move |new: String| {
            drafts::update(&user_id, |drafts| drafts.new.clone_from(&new));
            text.set(new.into());
        })
    };
    let oninput =
        put.reform(|event: InputEvent| event.target_unchecked_into::<HtmlInputElement>().value());
    let onsubmit = {
        let (text, onadd) = (text.clone(), props.onadd.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let task = text.trim();
            if !task.is_empty() {
                onadd.emit(AttrValue::from(task.to_owned()));
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
            />
            <button type="submit" class="button primary add">
                { icon(Sign::Plus) }
                <span>{ "Add" }</span>
            </button>
        </form>
    }
}
