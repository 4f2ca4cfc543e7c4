//! The end of an account: asks first, and for the password, where there is one.

use yew::prelude::*;

use crate::auth::form::FormView;
use crate::auth::forms::Form;
use crate::ui::use_focus_later::use_focus_later;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub user_id: AttrValue,
    pub has_password: bool,
    pub ondelete: Callback<()>,
}

#[component]
pub fn DeleteAccount(props: &Props) -> Html {
    let asking = use_state_eq(|| false);
    let focus = use_focus_later();
    let ask = |whether: bool| {
        let (asking, focus) = (asking.clone(), focus.clone());
        Callback::from(move |_: MouseEvent| {
            asking.set(whether);
            focus.on(if whether { "keep" } else { "delete" }, true);
        })
    };
    let text = if props.has_password {
        "Your account and all your tasks will be gone for good."
    } else {
        "Your account and all your tasks will be gone for good. For that you must have signed in within the last ten minutes."
    };
    html! {
        <section class="card">
            <h2>{ "Delete account" }</h2>
            <p>{ text }</p>
            if *asking {
                <FormView
                    form={Form::Delete { user: props.user_id.clone(), has_password: props.has_password }}
                    onend={props.ondelete.reform(|_| ())}
                >
                    <button id="keep" type="button" class="button wide" onclick={ask(false)}>
                        { "Keep my account" }
                    </button>
                </FormView>
            } else {
                <button id="delete" type="button" class="button wide" onclick={ask(true)}>
                    { "Delete my account\u{2026}" }
                </button>
            }
        </section>
    }
}
