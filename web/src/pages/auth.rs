//! `/auth`: sign up or sign in, and back to where one was.

use yew::prelude::*;
use yew_router::prelude::*;

use crate::components::auth_link::{AuthLink, AuthQuery, RouteLink};
use crate::components::callout::note;
use crate::components::card::card;
use crate::components::form::FormView;
use crate::components::go::Go;
use crate::components::providers::Providers;
use crate::hooks::use_enter::use_enter;
use crate::hooks::use_page::use_page;
use crate::hooks::use_session::use_session;
use crate::model::Mode;
use crate::routes::Route;
use crate::services::error::Error;
use crate::services::forms::Form;
use crate::services::place;
use crate::state::session::Session;

#[component]
pub fn AuthPage() -> Html {
    let session = use_session();
    let enter = use_enter();
    let mode = use_location()
        .and_then(|location| location.query::<AuthQuery>().ok())
        .unwrap_or_default()
        .mode();
    let (title, form) = match mode {
        Mode::SignIn => ("Sign in", Form::SignIn),
        Mode::SignUp => ("Create your account", Form::SignUp),
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
                        <RouteLink classes="link forgot" to={Route::ResetPassword}>{ "Forgot your password?" }</RouteLink>
                    }
                </FormView>
                <Providers />
                <p class="aside">
                    if mode == Mode::SignIn {
                        { "New here? " }<AuthLink mode={Mode::SignUp} classes="link">{ "Create an account" }</AuthLink>
                    } else {
                        { "Have an account already? " }<AuthLink mode={Mode::SignIn} classes="link">{ "Sign in" }</AuthLink>
                    }
                </p>
            </>
        },
    )
}
