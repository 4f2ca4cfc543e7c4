//! The list and its pages: asked for when the page comes up, on demand, and when the network is back.

use yew::platform::spawn_local;
use yew::prelude::*;

use super::use_online::use_online;
use super::use_session::use_session;
use crate::model::User;
use crate::services::drafts;
use crate::services::error::Error;
use crate::services::mark;
use crate::services::todos;
use crate::state::session::SessionChange;
use crate::state::todo_list::{Change, Sync, TodoList};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Load {
    First,
    More,
}

#[derive(Clone, PartialEq)]
pub struct Todos {
    pub list: UseReducerHandle<TodoList>,
    /// What is on its way.
    pub loading: Option<Load>,
    /// Why the last load came to nothing.
    pub trouble: Option<Error>,
    pub online: UseStateHandle<bool>,
    pub load: Callback<Load>,
}

#[hook]
pub fn use_todos(user: &User) -> Todos {
    let session = use_session().dispatcher();
    let list = use_reducer(TodoList::default);
    let loading = use_state_eq(|| None);
    let trouble = use_state_eq(|| None);
    let online = use_online();

    let load = {
        let (list, dispatcher) = (list.clone(), list.dispatcher());
        let (loading, trouble, online) = (loading.clone(), trouble.setter(), online.setter());
        let user = user.clone();
        Callback::from(move |load: Load| {
            if loading.is_some() {
                return;
            }
            loading.set(Some(load));
            let after = list.next.clone().filter(|_| load == Load::More);
            let (dispatcher, session) = (dispatcher.clone(), session.clone());
            let (loading, trouble, online) = (loading.setter(), trouble.clone(), online.clone());
            let user = user.clone();
            spawn_local(async move {
                let (page, known) =
                    futures_util::join!(todos::page(&user.id, after), knowing(&user));
                if let Some(user) = known {
                    session.dispatch(SessionChange::Know(user));
                }
                trouble.set(page.as_ref().err().cloned());
                if page.is_ok() {
                    online.set(true);
                }
                match (page, load) {
                    (Ok(page), Load::First) => dispatcher.dispatch(Change::First(page)),
                    (Ok(page), Load::More) => dispatcher.dispatch(Change::More(page)),
                    (Err(Error::SessionEnded), _) => {
                        session.dispatch(SessionChange::Marked(mark::read()));
                    }
                    (Err(_), _) => {}
                }
                loading.set(None);
            });
        })
    };

    {
        let (dispatcher, id) = (list.dispatcher(), user.id.clone());
        use_effect_with((), move |()| {
            for unsaved in drafts::load(&id).unsaved {
                dispatcher.dispatch(Change::Add {
                    key: unsaved.key.into(),
                    task: unsaved.task.into(),
                    sync: Sync::Unsaved,
                });
            }
        });
    }
    {
        let load = load.clone();
        use_effect_with(*online, move |online| {
            if *online {
                load.emit(Load::First);
            }
        });
    }

    Todos { list, loading: *loading, trouble: (*trouble).clone(), online, load }
}

/// The user with the address, where it is not known yet and the server can tell. The list does not wait in
/// vain for it: what fails here is asked again with the next load.
async fn knowing(user: &User) -> Option<User> {
    if user.email.is_some() {
        return None;
    }
    todos::user(&user.id).await.ok().filter(|known| known.email.is_some())
}
