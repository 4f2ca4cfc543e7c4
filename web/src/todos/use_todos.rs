//! The list and its pages: asked for when the list says so.

use std::cell::Cell;

use web_sys::js_sys::Math;
use yew::platform::spawn_local;
use yew::prelude::*;

use crate::auth::session::{Session, SessionChange};
use crate::auth::session_marker;
use crate::auth::use_session::use_session;
use crate::browser::sleep::pause;
use crate::client::error::Error;
use crate::model::User;
use crate::sync::backoff::retry;
use crate::sync::queue::Queue;
use crate::sync::use_live::use_live;
use crate::sync::use_online::use_online;
use crate::todos::todo_api;
use crate::todos::todo_list::{Change, Load, TodoList};
use crate::todos::use_filter::{here, note, use_way_back};

/// Between a letter and the next, whoever types looks at the keys.
const DEBOUNCE_MS: u32 = 250;

pub struct Todos {
    pub list: UseReducerHandle<TodoList>,
    /// Why the last load came to nothing.
    pub trouble: Option<Error>,
    pub online: UseStateHandle<bool>,
}

#[hook]
pub fn use_todos(user: &User) -> Todos {
    let session = use_session().dispatcher();
    let list = {
        let id = user.id.clone();
        use_reducer(move || TodoList::new(here(), Queue::open(&id).ops().to_vec()))
    };
    let trouble = use_state_eq(|| None);
    let online = use_online();
    use_way_back(&list);
    use_live(&list);

    // The turn of the newest render.
    let turn = use_memo((), |()| Cell::new(0));
    turn.set(list.turn);
    let tries = use_memo((), |()| Tries::default());
    {
        let (list, user) = (list.clone(), user.clone());
        let (trouble, online) = (trouble.setter(), online.setter());
        use_effect_with((list.wanted(), list.turn), move |(wanted, asked)| {
            let (Some(load), asked) = (*wanted, *asked) else { return };
            list.dispatch(Change::Asked(load));
            let number = tries.begun.get() + 1;
            tries.begun.set(number);
            if load == Load::First && user.email.is_none() {
                spawn_local(know(user.clone(), session.clone()));
            }
            spawn_local(async move {
                if list.is_typed {
                    pause(DEBOUNCE_MS).await;
                    if turn.get() != asked {
                        return;
                    }
                }
                note(&list.filter);
                let after = list.next.as_deref().filter(|_| load == Load::More);
                let page = todo_api::page(&user.id, after, &list.filter).await;
                if turn.get() != asked {
                    return;
                }
                let error = page.as_ref().err().cloned();
                trouble.set(error.clone());
                if page.is_ok() {
                    online.set(true);
                } else if page == Err(Error::SessionEnded) {
                    session.dispatch(SessionChange::Marked(session_marker::read()));
                }
                list.dispatch(Change::Answered(asked, page.ok()));
                let Some(wait) = tries.wait(error.as_ref()) else { return };
                pause(wait).await;
                if tries.begun.get() == number {
                    list.dispatch(if load == Load::First { Change::Missed } else { Change::More });
                }
            });
        });
    }
    Todos { list, trouble: (*trouble).clone(), online }
}

/// The socket tells what happens from now on, not what a read that failed would have shown: nobody else asks again.
#[derive(Default)]
struct Tries {
    /// Counts the reads: who waits to ask again gives way to whoever has asked since.
    begun: Cell<u32>,
    failures: Cell<u32>,
}

impl Tries {
    /// Milliseconds until it is read again, where it failed and time may help.
    fn wait(&self, error: Option<&Error>) -> Option<u32> {
        let failures = if error.is_some() { self.failures.get() + 1 } else { 0 };
        self.failures.set(failures);
        let passing = error.filter(|error| error.passes_by_itself())?;
        Some(retry(failures, passing.patience(), Math::random()))
    }
}

/// The user with the address, where it is not known yet and the server can tell. The list does not wait in
/// vain for it: what fails here is asked again with the next load.
async fn know(user: User, session: UseReducerDispatcher<Session>) {
    let known = todo_api::user(&user.id).await.ok().filter(|known| known.email.is_some());
    if let Some(user) = known {
        session.dispatch(SessionChange::Know(user));
    }
}
