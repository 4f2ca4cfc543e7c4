//! Another password, for who knows the current one.

use yew::prelude::*;

use crate::auth::form::FormView;
use crate::auth::forms::Form;
use crate::ui::callout::note;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub user_id: AttrValue,
    pub onchange: Callback<()>,
}

#[component]
pub fn ChangePassword(props: &Props) -> Html {
    // Counts the changes: each leaves an empty form.
    let changes = use_state_eq(|| 0_u32);
    let onend = {
        let (changes, onchange) = (changes.clone(), props.onchange.clone());
        Callback::from(move |_| {
            changes.set(*changes + 1);
            onchange.emit(());
        })
    };
    let done = (*changes > 0).then_some(AttrValue::Static(
        "Your password is changed. Everywhere else you were signed out.",
    ));
    html! {
        <section class="card">
            <h2>{ "Password" }</h2>
            { note(done.as_ref()) }
            <FormView key={*changes} form={Form::ChangePassword(props.user_id.clone())} {onend} />
        </section>
    }
}
