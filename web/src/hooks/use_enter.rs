//! What happens when somebody has proven who they are.

use yew::prelude::*;

use super::use_messages::use_tell;
use super::use_session::use_session;
use crate::services::fdi::Outcome;
use crate::services::mark;
use crate::state::session::SessionChange;

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
            session.dispatch(SessionChange::Marked(mark::read()));
        }
        _ => {}
    })
}
