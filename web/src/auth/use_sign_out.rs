//! The way out.

use yew::platform::spawn_local;
use yew::prelude::*;

use crate::auth::session::SessionChange;
use crate::auth::use_session::use_session;
use crate::auth::{auth_api, session_marker};
use crate::client::error::Error;
use crate::sync::queue;
use crate::todos::actions;
use crate::ui::use_messages::use_tell;

/// Whether it is under way, and what begins it.
#[hook]
pub fn use_sign_out(user_id: &AttrValue) -> (bool, Callback<MouseEvent>) {
    let session = use_session().dispatcher();
    let tell = use_tell();
    let leaving = use_state_eq(|| false);
    let user_id = user_id.clone();
    let is_leaving = *leaving;
    let leave = Callback::from(move |_| {
        if *leaving {
            return;
        }
        leaving.set(true);
        let (session, tell, leaving) = (session.clone(), tell.clone(), leaving.setter());
        let user_id = user_id.clone();
        spawn_local(async move {
            match leave_nothing(&user_id).await {
                Ok(()) | Err(Error::SessionEnded) => {
                    session.dispatch(SessionChange::Marked(session_marker::read()));
                }
                Err(error) => {
                    tell.problem("account", format!("You are still signed in. {error}"));
                    leaving.set(false);
                }
            }
        });
    });
    (is_leaving, leave)
}

async fn leave_nothing(user: &str) -> Result<(), Error> {
    actions::send_all(user).await?;
    auth_api::sign_out(user).await?;
    queue::forget(user);
    Ok(())
}
