//! The root: what is said and who is here around whatever page the address names.

use yew::prelude::*;

use crate::account::page::AccountPage;
use crate::auth::callback::CallbackPage;
use crate::auth::page::AuthPage;
use crate::auth::reset_password::ResetPasswordPage;
use crate::auth::session_keeper::SessionKeeper;
use crate::auth::verify_email::VerifyEmailPage;
use crate::browser::history;
use crate::browser::history::Address;
use crate::home::HomePage;
use crate::routes::Route;
use crate::ui::message_center::MessageCenter;
use crate::ui::plain_page::not_found;

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
