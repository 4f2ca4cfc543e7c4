//! A password that its owner may look at.

use yew::prelude::*;

use super::field::Field;
use super::icon::{Sign, icon};

#[derive(Properties, PartialEq)]
pub struct Props {
    pub autocomplete: &'static str,
    pub value: AttrValue,
    pub oninput: Callback<String>,
    pub hint: Option<&'static str>,
    pub error: Option<AttrValue>,
}

#[component]
pub fn PasswordField(props: &Props) -> Html {
    let shown = use_state(|| false);
    let onclick = {
        let shown = shown.clone();
        Callback::from(move |_| shown.set(!*shown))
    };
    html! {
        <Field
            id="password"
            label="Password"
            kind={if *shown { "text" } else { "password" }}
            autocomplete={props.autocomplete}
            value={props.value.clone()}
            oninput={props.oninput.clone()}
            hint={props.hint}
            error={props.error.clone()}
        >
            <button
                type="button"
                class="icon-button"
                aria-label={if *shown { "Hide password" } else { "Show password" }}
                {onclick}
            >
                { icon(if *shown { Sign::EyeOff } else { Sign::Eye }) }
            </button>
        </Field>
    }
}
