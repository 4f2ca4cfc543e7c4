//! `/auth/callback/…`: back from a provider, with a code or without.

use yew::platform::spawn_local;
use yew::prelude::*;

use crate::auth::fdi::Outcome;
use crate::auth::provider;
use crate::auth::provider::{Back, Begun, Lost};
use crate::auth::return_to;
use crate::auth::session::Session;
use crate::auth::use_enter::use_enter;
use crate::auth::use_session::use_session;
use crate::client::error::Error;
use crate::routes::Route;
use crate::ui::card::{card, ending};
use crate::ui::redirect::Redirect;
use crate::ui::use_page::{query, use_page};

#[derive(Clone, PartialEq)]
struct Failure {
    title: &'static str,
    text: String,
}

#[component]
pub fn CallbackPage() -> Html {
    let session = use_session();
    let enter = use_enter();
    let failure = use_state(|| None::<Failure>);
    {
        let failure = failure.setter();
        use_effect_with((), move |()| {
            spawn_local(async move {
                match finish().await {
                    Ok(outcome) => enter.emit(outcome),
                    Err(why) => failure.set(Some(why)),
                }
            });
        });
    }
    let title = failure.as_ref().map_or("Signing you in\u{2026}", |failure| failure.title);
    use_page(title, "title");
    let Some(failure) = &*failure else {
        return match &*session {
            Session::In(_) => html! { <Redirect to={return_to::recall()} /> },
            _ => card(title, Html::default()),
        };
    };
    ending(title, failure.text.clone().into(), (Route::Auth, "Back to sign-in"))
}

/// Trades what the provider sent for a session.
async fn finish() -> Result<Outcome, Failure> {
    let path = gloo_utils::window().location().pathname().unwrap_or_default();
    let id = path.rsplit('/').next().unwrap_or_default().to_owned();
    let (state, code, error) = (query("state"), query("code"), query("error"));
    let back = Back { id, state, code, error };
    let begun = provider::take_begun();
    let name = begun.as_ref().map_or("", |begun: &Begun| &begun.name);
    let code = provider::code(begun.as_ref(), &back).map_err(|lost| told(lost, name))?;
    let Some(begun) = &begun else { return Err(told(Lost::Foreign, name)) };
    match provider::finish(begun, code).await {
        Ok(outcome @ (Outcome::Welcome(_) | Outcome::SignedInElsewhere)) => Ok(outcome),
        Ok(Outcome::NotAllowed(text)) => {
            Err(Failure { title: "You cannot sign in this way", text })
        }
        Ok(_) => Err(failed(Error::Unexpected.to_string())),
        // The server says what is wrong with the provider, or the code.
        Err(error) => Err(failed(error.to_string())),
    }
}

fn failed(text: String) -> Failure {
    Failure { title: "Signing in did not work", text }
}

fn told(lost: Lost, name: &str) -> Failure {
    match lost {
        Lost::Foreign => Failure {
            title: "This sign-in cannot be finished",
            text: "It was begun in another tab, or finished before. Nobody was signed in: start again."
                .to_owned(),
        },
        Lost::Denied => Failure {
            title: "You were not signed in",
            text: format!("You did not let {name} tell us who you are. Nothing was changed."),
        },
        Lost::Failed => failed(format!("{name} could not tell us who you are. Start again.")),
    }
}
