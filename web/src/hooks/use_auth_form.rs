//! The sign-in form's life: what is typed, what is wrong with it, what is on its way.

use web_sys::HtmlElement;
use web_sys::wasm_bindgen::JsCast;
use yew::platform::spawn_local;
use yew::prelude::*;

use super::use_focus_later::use_focus_later;
use super::use_messages::use_tell;
use super::use_session::use_session;
use crate::services::auth::{self, Mode, Outcome};
use crate::services::mark;
use crate::state::auth_errors::{AuthErrors, Finding};
use crate::state::session::SessionChange;

pub struct AuthForm {
    pub email: AttrValue,
    pub password: AttrValue,
    pub errors: UseReducerHandle<AuthErrors>,
    pub pending: bool,
    pub type_email: Callback<String>,
    pub type_password: Callback<String>,
    pub leave_email: Callback<FocusEvent>,
    pub submit: Callback<SubmitEvent>,
}

#[hook]
pub fn use_auth_form(mode: Mode) -> AuthForm {
    let email = use_state(AttrValue::default);
    let password = use_state(AttrValue::default);
    let errors = use_reducer(AuthErrors::default);
    let pending = use_state_eq(|| false);
    let submit = use_submit(mode, &email, &password, &errors, &pending);

    {
        let errors = errors.dispatcher();
        use_effect_with(mode, move |_| errors.dispatch(Finding::Nothing));
    }
    let type_email = {
        let (email, errors) = (email.setter(), errors.dispatcher());
        Callback::from(move |text: String| {
            email.set(text.into());
            errors.dispatch(Finding::EmailTyped);
        })
    };
    let type_password = {
        let (password, errors) = (password.setter(), errors.dispatcher());
        Callback::from(move |text: String| {
            password.set(text.into());
            errors.dispatch(Finding::PasswordTyped);
        })
    };
    let leave_email = {
        let (email, turn, errors) = (email.clone(), errors.turn, errors.dispatcher());
        Callback::from(move |event: FocusEvent| {
            if mode == Mode::SignUp && email.contains('@') && goes_on(&event) {
                let (email, errors) = ((*email).clone(), errors.clone());
                spawn_local(async move {
                    if auth::email_exists(email.trim()).await == Some(true) {
                        errors.dispatch(Finding::EmailTaken { turn });
                    }
                });
            }
        })
    };
    AuthForm {
        email: (*email).clone(),
        password: (*password).clone(),
        errors,
        pending: *pending,
        type_email,
        type_password,
        leave_email,
        submit,
    }
}

#[hook]
fn use_submit(
    mode: Mode,
    email: &UseStateHandle<AttrValue>,
    password: &UseStateHandle<AttrValue>,
    errors: &UseReducerHandle<AuthErrors>,
    pending: &UseStateHandle<bool>,
) -> Callback<SubmitEvent> {
    let session = use_session().dispatcher();
    let tell = use_tell();
    let focus = use_focus_later();
    let (email, password) = ((**email).clone(), (**password).clone());
    let (errors, pending) = (errors.dispatcher(), pending.clone());
    Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        if *pending {
            return;
        }
        let missing = AuthErrors::missing(&email, &password);
        if let Some(id) = missing.first_field() {
            focus.on(id, true);
            errors.dispatch(Finding::All(missing));
            return;
        }
        pending.set(true);
        errors.dispatch(Finding::Nothing);
        let (email, password) = (email.clone(), password.clone());
        let (errors, pending) = (errors.clone(), pending.setter());
        let (session, tell, focus) = (session.clone(), tell.clone(), focus.clone());
        spawn_local(async move {
            let answer = auth::submit(mode, &email, &password).await;
            pending.set(false);
            match answer {
                Ok(Outcome::Welcome(user)) => {
                    tell.forget();
                    tell.say("You are signed in.");
                    session.dispatch(SessionChange::SignIn(user));
                    return;
                }
                Ok(Outcome::SignedInElsewhere) => {
                    tell.problem(
                        "account",
                        "An account has signed in in another tab already. You see its tasks now.",
                    );
                    session.dispatch(SessionChange::Marked(mark::read()));
                    return;
                }
                _ => {}
            }
            let refused = AuthErrors::refused(answer);
            focus.on(refused.first_field().unwrap_or("password"), true);
            errors.dispatch(Finding::All(refused));
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
