//! Any form of the page: its fields, its button, and what is wrong with it.

use yew::prelude::*;

use crate::auth::fdi::Outcome;
use crate::auth::field::Field;
use crate::auth::forms::Form;
use crate::auth::use_form::use_form;
use crate::ui::callout::alert;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub form: Form,
    /// What came of it, where it was no refusal.
    pub onend: Callback<Outcome>,
    /// What stands beside the button.
    #[prop_or_default]
    pub children: Html,
}

#[component]
pub fn FormView(props: &Props) -> Html {
    let Props { form, onend, children } = props;
    let filling = use_form(form, onend);
    let fields = form.fields().iter().enumerate().map(|(place, spec)| {
        let oninput = filling.input.reform(move |text| (place, text));
        html! {
            <Field
                key={spec.id}
                {spec}
                value={filling.values[place].clone()}
                {oninput}
                onblur={filling.blur.clone()}
                error={filling.errors.of(spec.id)}
            />
        }
    });
    let (label, busy) = form.button();
    let color = if matches!(form, Form::Delete { .. }) { "danger" } else { "primary" };
    html! {
        <form class="stack" novalidate=true onsubmit={filling.submit}>
            { alert(filling.errors.form.as_ref()) }
            { for fields }
            <button
                type="submit"
                class={classes!("button", "wide", color)}
                aria-disabled={filling.pending.then_some("true")}
            >
                { if filling.pending { busy } else { label } }
            </button>
            { children.clone() }
        </form>
    }
}
