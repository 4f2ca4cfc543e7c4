//! `/auth`: sign up or sign in, and back to where one was.

use yew::prelude::*;

use crate::components::callout::note;
use crate::components::card::card;
use crate::components::form::FormView;
use crate::components::go::Go;
use crate::components::link::{SIGN_UP, auth_link, link};
use crate::components::providers::Providers;
use crate::hooks::use_enter::use_enter;
use crate::hooks::use_page::{parameter, use_page};
use crate::hooks::use_session::use_session;
use crate::model::Mode;
use crate::routes::Route;
use crate::services::error::Error;
use crate::services::forms::Form;
use crate::services::place;
use crate::state::session::Session;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub query: AttrValue,
}

#[component]
pub fn AuthPage(props: &Props) -> Html {
    let session = use_session();
    let enter = use_enter();
    let (mode, title, form) = match parameter(&props.query, "mode").as_deref() {
        Some(SIGN_UP) => (Mode::SignUp, "Create your account", Form::SignUp),
        _ => (Mode::SignIn, "Sign in", Form::SignIn),
    };
    use_page(title, "email");

    let ended = match &*session {
        Session::In(_) => return html! { <Go to={place::recall()} /> },
        Session::Ended => Some(AttrValue::from(Error::SessionEnded.to_string())),
        Session::Out => None,
    };
    card(
        title,
        html! {
            <>
                { note(ended.as_ref()) }
                <FormView {form} onend={enter}>
                    if mode == Mode::SignIn {
                        { link("link forgot", Route::ResetPassword, html! { "Forgot your password?" }) }
                    }
                </FormView>
                <Providers />
                <p class="aside">
                    if mode == Mode::SignIn {
                        { "New here? " }{ auth_link("link", Mode::SignUp, "Create an account") }
                    } else {
                        { "Have an account already? " }{ auth_link("link", Mode::SignIn, "Sign in") }
                    }
                </p>
            </>
        },
    )
}
