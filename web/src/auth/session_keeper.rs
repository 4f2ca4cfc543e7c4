//! Holds the session, and goes by what the other tabs of the browser say about it.

use gloo_events::EventListener;
use web_sys::wasm_bindgen::JsCast;
use web_sys::{Event, PageTransitionEvent, StorageEvent};
use yew::prelude::*;

use crate::auth::session::{Parting, Session, SessionChange};
use crate::auth::session_marker;
use crate::auth::use_session::SessionHandle;
use crate::client::prefetch;
use crate::todos::drafts;
use crate::ui::use_messages::use_tell;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub children: Html,
}

#[component]
pub fn SessionKeeper(props: &Props) -> Html {
    let session = use_reducer(|| Session::from(session_marker::read()));
    let dispatcher = session.dispatcher();
    use_effect_with((), move |()| {
        let window = gloo_utils::window();
        let listeners = ["storage", "pageshow"].map(|event| {
            let dispatcher = dispatcher.clone();
            EventListener::new(&window, event, move |event| {
                if may_have_changed(event) {
                    dispatcher.dispatch(SessionChange::Marked(session_marker::read()));
                }
            })
        });
        move || drop(listeners)
    });

    let tell = use_tell();
    let before = use_mut_ref(|| (*session).clone());
    use_effect_with((*session).clone(), move |now| {
        let Some(parting) = before.replace(now.clone()).parting(now) else {
            return;
        };
        drafts::clear();
        prefetch::forget();
        tell.forget();
        match parting {
            Parting::SignedOut => tell.say("You are signed out."),
            Parting::Replaced => tell.problem(
                "account",
                "Another account has signed in in this browser. You see that account\u{2019}s tasks now.",
            ),
        }
    });
    html! {
        <ContextProvider<SessionHandle> context={session}>
            { props.children.clone() }
        </ContextProvider<SessionHandle>>
    }
}

/// Another tab has changed the mark, or this one was put away with its list and is shown again: then it has
/// heard of nothing.
fn may_have_changed(event: &Event) -> bool {
    if let Some(event) = event.dyn_ref::<StorageEvent>() {
        // No key: the whole storage was cleared.
        return event.key().is_none_or(|key| key == session_marker::KEY);
    }
    event.dyn_ref::<PageTransitionEvent>().is_some_and(PageTransitionEvent::persisted)
}
