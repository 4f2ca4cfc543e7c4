//! The sign-up and sign-in form: one set of fields, two modes.

use yew::platform::spawn_local;
use yew::prelude::*;

use super::auth_link::AuthLink;
use super::field::Field;
use super::icon::{Icon, Sign};
use super::password_field::PasswordField;
use crate::hooks::use_focus_later::use_focus_later;
use crate::hooks::use_messages::use_tell;
use crate::hooks::use_session::use_session;
use crate::services::auth::{self, Mode, Outcome};
use crate::state::auth_errors::AuthErrors;
use crate::state::session::SessionChange;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub mode: Mode,
}

#[component]
pub fn AuthForm(props: &Props) -> Html {
    let mode = props.mode;
    let session = use_session();
    let tell = use_tell();
    let email = use_state(AttrValue::default);
    let password = use_state(AttrValue::default);
    let errors = use_state_eq(AuthErrors::default);
    let pending = use_state_eq(|| false);
    let focus = use_focus_later();

    {
        let errors = errors.setter();
        use_effect_with(mode, move |_| errors.set(AuthErrors::default()));
    }

    let onsubmit = {
        let (email, password) = (email.clone(), password.clone());
        let (errors, pending) = (errors.clone(), pending.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if *pending {
                return;
            }
            let missing = AuthErrors::missing(&email, &password);
            if let Some(id) = missing.first_field() {
                focus.on(id, true);
                errors.set(missing);
                return;
            }
            pending.set(true);
            errors.set(AuthErrors::default());
            let (email, password) = ((*email).clone(), (*password).clone());
            let (errors, pending) = (errors.setter(), pending.setter());
            let (session, tell, focus) = (session.dispatcher(), tell.clone(), focus.clone());
            spawn_local(async move {
                let answer = auth::submit(mode, &email, &password).await;
                pending.set(false);
                if let Ok(Outcome::Welcome(user)) = answer {
                    tell.dismiss();
                    tell.say("You are signed in.");
                    session.dispatch(SessionChange::SignIn(user));
                    return;
                }
                let refused = AuthErrors::refused(answer);
                focus.on(refused.first_field().unwrap_or("password"), true);
                errors.set(refused);
            });
        })
    };

    let ask_whether_known = {
        let (email, errors) = (email.clone(), errors.clone());
        Callback::from(move |_| {
            let (email, errors) = ((*email).clone(), errors.clone());
            if mode == Mode::SignUp && email.contains('@') && errors.email.is_none() {
                spawn_local(async move {
                    if auth::email_exists(email.trim()).await == Some(true) {
                        errors.set(AuthErrors {
                            email: Some(auth::EMAIL_TAKEN.into()),
                            ..(*errors).clone()
                        });
                    }
                });
            }
        })
    };
    let typed_email = {
        let (email, errors) = (email.clone(), errors.clone());
        Callback::from(move |text: String| {
            email.set(text.into());
            errors.set(AuthErrors { email: None, form: None, ..(*errors).clone() });
        })
    };
    let typed_password = {
        let (password, errors) = (password.clone(), errors.clone());
        Callback::from(move |text: String| {
            password.set(text.into());
            errors.set(AuthErrors { password: None, form: None, ..(*errors).clone() });
        })
    };

    let words = Words::of(mode);
    html! {
        <form class="stack" novalidate=true {onsubmit}>
            <div role="alert">
                if let Some(error) = &errors.form {
                    <p class="callout danger"><Icon sign={Sign::Alert} /><span>{ error.clone() }</span></p>
                }
            </div>
            <Field
                id="email"
                label="Email"
                kind="email"
                autocomplete="username"
                value={(*email).clone()}
                oninput={typed_email}
                onblur={ask_whether_known}
                error={errors.email.clone()}
            />
            <PasswordField
                autocomplete={words.autocomplete}
                value={(*password).clone()}
                oninput={typed_password}
                hint={words.hint}
                error={errors.password.clone()}
            />
            <button type="submit" class="button primary wide" aria-disabled={pending.then_some("true")}>
                { if *pending { words.pending } else { words.submit } }
            </button>
            <p class="aside">
                { words.other_question }{ " " }
                <AuthLink mode={words.other} classes="link">{ words.other_answer }</AuthLink>
            </p>
        </form>
    }
}

struct Words {
    submit: &'static str,
    pending: &'static str,
    hint: Option<&'static str>,
    autocomplete: &'static str,
    other: Mode,
    other_question: &'static str,
    other_answer: &'static str,
}

impl Words {
    const fn of(mode: Mode) -> Self {
        match mode {
            Mode::SignIn => Self {
                submit: "Sign in",
                pending: "Signing in\u{2026}",
                hint: None,
                autocomplete: "current-password",
                other: Mode::SignUp,
                other_question: "New here?",
                other_answer: "Create an account",
            },
            Mode::SignUp => Self {
                submit: "Create account",
                pending: "Creating your account\u{2026}",
                hint: Some("At least 8 characters, with a letter and a number."),
                autocomplete: "new-password",
                other: Mode::SignIn,
                other_question: "Have an account already?",
                other_answer: "Sign in",
            },
        }
    }
}
