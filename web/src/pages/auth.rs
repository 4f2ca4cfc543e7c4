//! `/auth`: sign up or sign in, and back to where one was.

use yew::prelude::*;
use yew_router::prelude::*;

use crate::components::auth_form::AuthForm;
use crate::components::auth_link::AuthQuery;
use crate::components::brand::{brand, home_link};
use crate::components::go::Go;
use crate::hooks::use_page::use_page;
use crate::hooks::use_session::use_session;
use crate::routes::Route;
use crate::services::auth::Mode;
use crate::services::error::Error;
use crate::state::session::Session;

#[component]
pub fn AuthPage() -> Html {
    let session = use_session();
    let mode = use_location()
        .and_then(|location| location.query::<AuthQuery>().ok())
        .unwrap_or_default()
        .mode();
    let title = match mode {
        Mode::SignIn => "Sign in",
        Mode::SignUp => "Create your account",
    };
    use_page(title, "email");

    let ended = match &*session {
        Session::In(_) => return html! { <Go to={Route::Home} /> },
        Session::Ended => true,
        Session::Out => false,
    };
    html! {
        <div class="page-card">
            <header class="card-brand">
                // Home would only lead back here.
                if ended { <span class="brand">{ brand() }</span> } else { { home_link() } }
            </header>
            <main class="card">
                <h1 id="title" tabindex="-1">{ title }</h1>
                <div role="status">
                    if ended {
                        <p class="callout">{ Error::SessionEnded.to_string() }</p>
                    }
                </div>
                <AuthForm {mode} />
            </main>
        </div>
    }
}
