//! `/auth`: sign up or sign in, and back to where one was.

use yew::prelude::*;

use crate::auth::form::FormView;
use crate::auth::forms::Form;
use crate::auth::provider_buttons::Providers;
use crate::auth::return_to;
use crate::auth::session::Session;
use crate::auth::use_enter::use_enter;
use crate::auth::use_session::use_session;
use crate::client::error::Error;
use crate::model::Mode;
use crate::routes::Route;
use crate::ui::callout::note;
use crate::ui::card::card;
use crate::ui::link::{SIGN_UP, auth_link, link};
use crate::ui::redirect::Redirect;
use crate::ui::use_page::{parameter, use_page};

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
        Session::In(_) => return html! { <Redirect to={return_to::recall()} /> },
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
