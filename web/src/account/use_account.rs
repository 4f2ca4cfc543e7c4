//! What the account page shows: asked for when it comes up, and after each change.

use yew::platform::spawn_local;
use yew::prelude::*;

use crate::account::account_api;
use crate::account::account_api::Overview;
use crate::auth::session::SessionChange;
use crate::auth::session_marker;
use crate::auth::use_session::use_session;
use crate::client::error::Error;

#[derive(Clone, PartialEq)]
pub struct Account {
    pub overview: Option<Overview>,
    /// Why the last answer did not come.
    pub trouble: Option<Error>,
    pub busy: bool,
    pub load: Callback<()>,
}

#[hook]
pub fn use_account(user_id: &AttrValue) -> Account {
    let session = use_session().dispatcher();
    let overview = use_state_eq(|| None);
    let trouble = use_state_eq(|| None);
    let busy = use_state_eq(|| false);
    let load = {
        let (overview, trouble, busy) = (overview.setter(), trouble.setter(), busy.setter());
        let user_id = user_id.clone();
        Callback::from(move |()| {
            busy.set(true);
            let (overview, trouble, busy) = (overview.clone(), trouble.clone(), busy.clone());
            let (session, user_id) = (session.clone(), user_id.clone());
            spawn_local(async move {
                match account_api::overview(&user_id).await {
                    Ok(answer) => {
                        overview.set(Some(answer));
                        trouble.set(None);
                    }
                    Err(Error::SessionEnded) => {
                        session.dispatch(SessionChange::Marked(session_marker::read()));
                    }
                    Err(error) => trouble.set(Some(error)),
                }
                busy.set(false);
            });
        })
    };
    {
        let load = load.clone();
        use_effect_with((), move |()| load.emit(()));
    }
    Account { overview: (*overview).clone(), trouble: (*trouble).clone(), busy: *busy, load }
}
