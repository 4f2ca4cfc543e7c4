//! Where one is signed in, and the ways out: here, there, everywhere.

use yew::platform::spawn_local;
use yew::prelude::*;

use crate::account::account_api;
use crate::account::account_api::Session;
use crate::auth::session::SessionChange;
use crate::auth::session_marker;
use crate::auth::use_session::use_session;
use crate::auth::use_sign_out::use_sign_out;
use crate::client::error::Error;
use crate::ui::age::exactly;
use crate::ui::use_messages::use_tell;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub user_id: AttrValue,
    pub sessions: Vec<Session>,
    pub onchange: Callback<()>,
}

#[component]
pub fn OwnSessions(props: &Props) -> Html {
    let Props { user_id, sessions, onchange } = props;
    let session = use_session().dispatcher();
    let tell = use_tell();
    let (leaving, leave) = use_sign_out(user_id);
    // What is being ended: an id, or nothing for all.
    let ending = use_state_eq(|| None::<AttrValue>);
    let end = {
        let (ending, user_id, onchange) = (ending.clone(), user_id.clone(), onchange.clone());
        Callback::from(move |id: AttrValue| {
            if ending.is_some() {
                return;
            }
            ending.set(Some(id.clone()));
            let (ending, user_id, onchange) = (ending.setter(), user_id.clone(), onchange.clone());
            let (session, tell) = (session.clone(), tell.clone());
            spawn_local(async move {
                let answer = if id.is_empty() {
                    account_api::sign_out_everywhere(&user_id).await
                } else {
                    account_api::revoke(&user_id, &id).await
                };
                ending.set(None);
                match answer {
                    Ok(()) if !id.is_empty() => {
                        tell.say("Signed out there.");
                        onchange.emit(());
                    }
                    Ok(()) | Err(Error::SessionEnded) => {
                        session.dispatch(SessionChange::Marked(session_marker::read()));
                    }
                    Err(error) => tell.problem("account", error.to_string()),
                }
            });
        })
    };
    let rows = sessions.iter().map(|session| {
        let device = session.device.clone().unwrap_or(AttrValue::Static("Unknown device"));
        let (busy, onclick) = if session.is_current {
            (leaving, leave.clone())
        } else {
            let id = session.id.clone();
            (*ending == Some(id.clone()), end.reform(move |_| id.clone()))
        };
        html! {
            <li key={session.id.to_string()}>
                <p>
                    <b>{ device.clone() }</b>
                    if session.is_current { <span class="badge">{ "This one" }</span> }
                    <br /><small>{ "Since " }{ exactly(&session.created_at) }</small>
                </p>
                <button type="button" class="button small" aria-disabled={busy.then_some("true")} {onclick}>
                    { "Sign out" }<span class="unseen">{ ": " }{ device }</span>
                </button>
            </li>
        }
    });
    let all = end.reform(|_| AttrValue::default());
    html! {
        <section class="card">
            <h2>{ "Where you are signed in" }</h2>
            <ul class="sessions">{ for rows }</ul>
            <button type="button" class="button wide" onclick={all}>{ "Sign out everywhere" }</button>
        </section>
    }
}
