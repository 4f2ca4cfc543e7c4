//! Holds the session, and hears from the other tabs when it changes.

use gloo_events::EventListener;
use web_sys::StorageEvent;
use web_sys::wasm_bindgen::JsCast;
use yew::prelude::*;

use crate::hooks::use_messages::use_tell;
use crate::hooks::use_session::SessionHandle;
use crate::services::drafts;
use crate::services::mark::{self, Mark};
use crate::state::session::{Session, SessionChange};

#[derive(Properties, PartialEq)]
pub struct Props {
    pub children: Html,
}

#[component]
pub fn SessionKeeper(props: &Props) -> Html {
    let session = use_reducer(|| Session::from(mark::read()));
    let tell = use_tell();
    let dispatcher = session.dispatcher();
    use_effect_with((), move |()| {
        let window = gloo_utils::window();
        // Fires for changes by other tabs only.
        let listener = EventListener::new(&window, "storage", move |event| {
            let Some(event) = event.dyn_ref::<StorageEvent>() else {
                return;
            };
            // No key: the whole storage was cleared.
            if event.key().is_some_and(|key| key != mark::KEY) {
                return;
            }
            let mark = Mark::parse(event.new_value().as_deref());
            if mark == Mark::Out {
                drafts::clear();
                tell.say("You signed out in another tab.");
            }
            dispatcher.dispatch(SessionChange::Marked(mark));
        });
        move || drop(listener)
    });
    html! {
        <ContextProvider<SessionHandle> context={session}>
            { props.children.clone() }
        </ContextProvider<SessionHandle>>
    }
}
