//! A labelled field with its hint and its error in place.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::icon::{Sign, icon};

#[derive(Properties, PartialEq)]
pub struct Props {
    pub id: &'static str,
    pub label: &'static str,
    #[prop_or("text")]
    pub kind: &'static str,
    pub autocomplete: &'static str,
    pub value: AttrValue,
    pub oninput: Callback<String>,
    #[prop_or_default]
    pub onblur: Callback<FocusEvent>,
    /// Said under the field as long as there is no error.
    #[prop_or_default]
    pub hint: Option<&'static str>,
    #[prop_or_default]
    pub error: Option<AttrValue>,
    /// What stands inside the field at its end.
    #[prop_or_default]
    pub children: Html,
}

#[component]
pub fn Field(props: &Props) -> Html {
    let oninput = props
        .oninput
        .reform(|event: InputEvent| event.target_unchecked_into::<HtmlInputElement>().value());
    let note = format!("{}-note", props.id);
    let noted = props.error.is_some() || props.hint.is_some();
    html! {
        <div class={classes!("field", props.error.is_some().then_some("wrong"))}>
            <label for={props.id}>{ props.label }</label>
            <div class="field-box">
                <input
                    id={props.id}
                    name={props.id}
                    type={props.kind}
                    autocomplete={props.autocomplete}
                    autocapitalize="none"
                    spellcheck="false"
                    value={props.value.clone()}
                    aria-invalid={props.error.is_some().then_some("true")}
                    aria-describedby={noted.then_some(note.clone())}
                    {oninput}
                    onblur={props.onblur.clone()}
                />
                { props.children.clone() }
            </div>
            if let Some(error) = &props.error {
                <p id={note} class="field-error">{ icon(Sign::Alert) }<span>{ error.clone() }</span></p>
            } else if let Some(hint) = props.hint {
                <p id={note} class="field-hint">{ hint }</p>
            }
        </div>
    }
}
