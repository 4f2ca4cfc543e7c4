//! The root: what is said and who is here around whatever page the address names.

use yew::prelude::*;

use crate::components::message_center::MessageCenter;
use crate::components::session_keeper::SessionKeeper;
use crate::pages::account::AccountPage;
use crate::pages::auth::AuthPage;
use crate::pages::callback::CallbackPage;
use crate::pages::home::HomePage;
use crate::pages::plain::not_found;
use crate::pages::reset_password::ResetPasswordPage;
use crate::pages::verify_email::VerifyEmailPage;
use crate::routes::Route;
use crate::services::history::{self, Address};

#[component]
pub fn App() -> Html {
    let address = use_state_eq(history::here);
    let setter = address.setter();
    use_effect_with((), move |()| {
        // The first page may have moved on already: its effects come before this one.
        setter.set(history::here());
        let moves = history::on_move(move |address| setter.set(address));
        move || drop(moves)
    });
    html! {
        <MessageCenter>
            <SessionKeeper>{ page(&address) }</SessionKeeper>
        </MessageCenter>
    }
}

/// The two that follow the query have it handed to them.
fn page(Address { route, query }: &Address) -> Html {
    match route {
        Route::Home => html! { <HomePage /> },
        Route::Auth => html! { <AuthPage {query} /> },
        Route::Account => html! { <AccountPage /> },
        Route::ResetPassword => html! { <ResetPasswordPage /> },
        Route::VerifyEmail => html! { <VerifyEmailPage {query} /> },
        Route::Callback => html! { <CallbackPage /> },
        Route::NotFound => not_found(),
    }
}
