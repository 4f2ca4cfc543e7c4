//! What happens when somebody has proven who they are.

use yew::prelude::*;

use crate::auth::fdi::Outcome;
use crate::auth::session::SessionChange;
use crate::auth::session_marker;
use crate::auth::use_session::use_session;
use crate::ui::use_messages::use_tell;

/// Takes the outcome of a sign-in, and lets the page belong to whom it names.
#[hook]
pub fn use_enter() -> Callback<Outcome> {
    let session = use_session().dispatcher();
    let tell = use_tell();
    Callback::from(move |outcome: Outcome| match outcome {
        Outcome::Welcome(user) => {
            tell.forget();
            tell.say("You are signed in.");
            session.dispatch(SessionChange::SignIn(user));
        }
        Outcome::SignedInElsewhere => {
            tell.problem(
                "account",
                "An account has signed in in another tab already. You see its tasks now.",
            );
            session.dispatch(SessionChange::Marked(session_marker::read()));
        }
        _ => {}
    })
}
