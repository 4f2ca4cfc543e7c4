//! A form's life: what is typed, what is wrong with it, what is on its way.

use web_sys::HtmlElement;
use web_sys::wasm_bindgen::JsCast;
use yew::platform::spawn_local;
use yew::prelude::*;

use crate::auth::auth_api;
use crate::auth::fdi::Outcome;
use crate::auth::form_errors::{Finding, FormErrors};
use crate::auth::forms::Form;
use crate::ui::use_focus_later::use_focus_later;

pub struct Filling {
    pub values: [AttrValue; 2],
    pub errors: UseReducerHandle<FormErrors>,
    pub pending: bool,
    /// The place of the field and its new text.
    pub input: Callback<(usize, String)>,
    pub blur: Callback<FocusEvent>,
    pub submit: Callback<SubmitEvent>,
}

/// `onend` gets what was no refusal. What was typed stays, and leaves with the form.
#[hook]
pub fn use_form(form: &Form, onend: &Callback<Outcome>) -> Filling {
    // Each by itself: a password manager fills both before anything is rendered again.
    let (first, second) = (use_state(AttrValue::default), use_state(AttrValue::default));
    let values = [(*first).clone(), (*second).clone()];
    let errors = use_reducer(FormErrors::default);
    let pending = use_state_eq(|| false);
    let submit = use_submit(form, onend, &values, &errors, &pending);

    let specs = form.fields();
    {
        let errors = errors.dispatcher();
        use_effect_with(form.clone(), move |_| errors.dispatch(Finding::Nothing));
    }
    let input = {
        let (setters, errors) = ([first.setter(), second.setter()], errors.dispatcher());
        Callback::from(move |(place, text): (usize, String)| {
            setters[place].set(text.into());
            errors.dispatch(Finding::Typed(specs[place].id));
        })
    };
    let blur = {
        let is_new = *form == Form::SignUp;
        let (email, turn, errors) = (values[0].clone(), errors.turn, errors.dispatcher());
        Callback::from(move |event: FocusEvent| {
            if is_new && email.contains('@') && goes_on(&event) {
                let (email, errors) = (email.clone(), errors.clone());
                spawn_local(async move {
                    if auth_api::email_exists(email.trim()).await == Some(true) {
                        errors.dispatch(Finding::EmailTaken { turn });
                    }
                });
            }
        })
    };
    Filling { values, errors, pending: *pending, input, blur, submit }
}

#[hook]
fn use_submit(
    form: &Form,
    onend: &Callback<Outcome>,
    values: &[AttrValue; 2],
    errors: &UseReducerHandle<FormErrors>,
    pending: &UseStateHandle<bool>,
) -> Callback<SubmitEvent> {
    let focus = use_focus_later();
    let (form, onend, values) = (form.clone(), onend.clone(), values.clone());
    let (errors, pending) = (errors.dispatcher(), pending.clone());
    Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        if *pending {
            return;
        }
        let missing = FormErrors::missing(form.fields(), &values);
        if let Some(id) = missing.first_field(form.fields()) {
            focus.on(id, true);
            errors.dispatch(Finding::All(missing));
            return;
        }
        pending.set(true);
        errors.dispatch(Finding::Nothing);
        let (form, onend, values) = (form.clone(), onend.clone(), values.clone());
        let (errors, pending, focus) = (errors.clone(), pending.setter(), focus.clone());
        spawn_local(async move {
            let answer = form.send(&values).await;
            pending.set(false);
            match answer {
                Ok(
                    end @ (Outcome::Welcome(_)
                    | Outcome::Done
                    | Outcome::LinkSpent
                    | Outcome::SignedInElsewhere),
                ) => onend.emit(end),
                refusal => {
                    let refused = FormErrors::refused(form.fields(), refusal);
                    let last = form.fields().last().map(|spec| spec.id);
                    if let Some(id) = refused.first_field(form.fields()).or(last) {
                        focus.on(id, true);
                    }
                    errors.dispatch(Finding::All(refused));
                }
            }
        });
    })
}

/// Whether the focus moves on to the password. Elsewhere an error that comes up would push away what is just
/// being pressed.
fn goes_on(event: &FocusEvent) -> bool {
    event
        .related_target()
        .and_then(|target| target.dyn_into::<HtmlElement>().ok())
        .is_some_and(|target| target.id() == "password")
}
