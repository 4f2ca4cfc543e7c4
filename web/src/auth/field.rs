//! A labelled field with its hint or its error in place. A password's owner may look at it.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::auth::forms::FieldSpec;
use crate::auth::password_rules::rules;
use crate::ui::icon::{Sign, icon};

#[derive(Properties, PartialEq)]
pub struct Props {
    pub spec: &'static FieldSpec,
    pub value: AttrValue,
    pub oninput: Callback<String>,
    pub onblur: Callback<FocusEvent>,
    pub error: Option<AttrValue>,
}

#[component]
pub fn Field(props: &Props) -> Html {
    let Props { spec, value, error, .. } = props;
    let shown = use_state_eq(|| false);
    let oninput = props
        .oninput
        .reform(|event: InputEvent| event.target_unchecked_into::<HtmlInputElement>().value());
    let kind = match (spec.is_password(), *shown) {
        (false, _) => "email",
        (true, false) => "password",
        (true, true) => "text",
    };
    let note = format!("{}-note", spec.id);
    let noted = error.is_some() || spec.is_new_password();
    html! {
        <div class={classes!("field", error.is_some().then_some("wrong"))}>
            <label for={spec.id}>{ spec.label }</label>
            <div class="field-box">
                <input
                    id={spec.id}
                    name={spec.id}
                    type={kind}
                    autocomplete={spec.autocomplete}
                    autocapitalize="none"
                    spellcheck="false"
                    value={value.clone()}
                    aria-invalid={error.is_some().then_some("true")}
                    aria-describedby={noted.then_some(note.clone())}
                    {oninput}
                    onblur={props.onblur.clone()}
                />
                if spec.is_password() { { eye(&shown) } }
            </div>
            if let Some(error) = error {
                <p id={note} class="field-error">{ icon(Sign::Alert) }<span>{ error.clone() }</span></p>
            } else if spec.is_new_password() {
                <ul id={note} class="rules">{ for rules(value).map(rule) }</ul>
            }
        </div>
    }
}

fn eye(shown: &UseStateHandle<bool>) -> Html {
    let onclick = {
        let shown = shown.clone();
        Callback::from(move |_| shown.set(!*shown))
    };
    let (label, sign) =
        if **shown { ("Hide password", Sign::EyeOff) } else { ("Show password", Sign::Eye) };
    html! {
        <button type="button" class="icon-button" aria-label={label} {onclick}>{ icon(sign) }</button>
    }
}

fn rule((text, met): (&'static str, bool)) -> Html {
    html! {
        <li class={met.then_some("met")}>
            { text }
            if met { <span class="unseen">{ ", done" }</span> }
        </li>
    }
}
