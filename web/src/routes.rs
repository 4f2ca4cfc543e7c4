//! The page's addresses. The server answers every one of them with the same document.

use yew_router::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Routable)]
pub enum Route {
    #[at("/")]
    Home,
    #[at("/account")]
    Account,
    #[at("/auth")]
    Auth,
    /// With a token, where the link of a mail leads; without, where one asks for it.
    #[at("/auth/reset-password")]
    ResetPassword,
    /// With a token, where the link of a mail leads; without, where one waits for it.
    #[at("/auth/verify-email")]
    VerifyEmail,
    /// Where providers send the browser back to, each to an address of its own.
    #[at("/auth/callback/*")]
    Callback,
    #[not_found]
    #[at("/404")]
    NotFound,
}
