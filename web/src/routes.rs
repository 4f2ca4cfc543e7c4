//! The page's addresses. The server answers every one of them with the same document.

use yew_router::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Routable)]
pub enum Route {
    #[at("/")]
    Home,
    #[at("/auth")]
    Auth,
    /// Links in mails and ways back from other sites, which this version does not handle yet.
    #[at("/auth/*")]
    AuthOther,
    #[not_found]
    #[at("/404")]
    NotFound,
}
