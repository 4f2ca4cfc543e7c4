//! The session, as every component sees it.

use yew::prelude::*;

use crate::auth::session::Session;

pub type SessionHandle = UseReducerHandle<Session>;

#[hook]
pub fn use_session() -> SessionHandle {
    use_context::<SessionHandle>().expect("the app provides it at its root")
}
