//! The sign-up and sign-in form: one set of fields, two modes.

use yew::prelude::*;

use super::auth_link::AuthLink;
use super::field::Field;
use super::icon::{Sign, icon};
use super::password_field::PasswordField;
use crate::hooks::use_auth_form::use_auth_form;
use crate::services::auth::Mode;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub mode: Mode,
}

#[component]
pub fn AuthForm(props: &Props) -> Html {
    let form = use_auth_form(props.mode);
    let words = Words::of(props.mode);
    html! {
        <form class="stack" novalidate=true onsubmit={form.submit}>
            <div role="alert">
                if let Some(error) = &form.errors.form {
                    <p class="callout danger">{ icon(Sign::Alert) }<span>{ error.clone() }</span></p>
                }
            </div>
            <Field
                id="email"
                label="Email"
                kind="email"
                autocomplete="username"
                value={form.email}
                oninput={form.type_email}
                onblur={form.leave_email}
                error={form.errors.email.clone()}
            />
            <PasswordField
                autocomplete={words.autocomplete}
                value={form.password}
                oninput={form.type_password}
                hint={words.hint}
                error={form.errors.password.clone()}
            />
            <button type="submit" class="button primary wide" aria-disabled={form.pending.then_some("true")}>
                { if form.pending { words.pending } else { words.submit } }
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
