//! Whose list this is, and the way out.

use yew::platform::spawn_local;
use yew::prelude::*;

use super::brand::home_link;
use crate::hooks::use_messages::use_tell;
use crate::hooks::use_session::use_session;
use crate::model::User;
use crate::services::{auth, mark};
use crate::state::session::SessionChange;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub user: User,
}

#[component]
pub fn Header(props: &Props) -> Html {
    let session = use_session();
    let tell = use_tell();
    let leaving = use_state(|| false);
    let onclick = {
        let (leaving, id) = (leaving.clone(), props.user.id.clone());
        Callback::from(move |_| {
            if *leaving {
                return;
            }
            leaving.set(true);
            let (session, tell, leaving) = (session.dispatcher(), tell.clone(), leaving.setter());
            let id = id.clone();
            spawn_local(async move {
                match auth::sign_out(&id).await {
                    Ok(()) => session.dispatch(SessionChange::Marked(mark::read())),
                    Err(error) => {
                        tell.problem("account", format!("You are still signed in. {error}"));
                        leaving.set(false);
                    }
                }
            });
        })
    };
    let email = props.user.email.clone();
    html! {
        <header class="bar">
            { home_link() }
            <div class="bar-end">
                <span class="email" title={email.clone()}>{ email }</span>
                <button type="button" class="button quiet" aria-disabled={leaving.then_some("true")} {onclick}>
                    { if *leaving { "Signing out\u{2026}" } else { "Sign out" } }
                </button>
            </div>
        </header>
    }
}
