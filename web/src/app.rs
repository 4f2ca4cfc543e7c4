//! The root: what is said and who is here around whatever page the address names.

use yew::prelude::*;
use yew_router::prelude::*;

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

#[component]
pub fn App() -> Html {
    html! {
        <MessageCenter>
            <SessionKeeper>
                <BrowserRouter>
                    <Switch<Route> render={page} />
                </BrowserRouter>
            </SessionKeeper>
        </MessageCenter>
    }
}

fn page(route: Route) -> Html {
    match route {
        Route::Home => html! { <HomePage /> },
        Route::Auth => html! { <AuthPage /> },
        Route::Account => html! { <AccountPage /> },
        Route::ResetPassword => html! { <ResetPasswordPage /> },
        Route::VerifyEmail => html! { <VerifyEmailPage /> },
        Route::Callback => html! { <CallbackPage /> },
        Route::NotFound => not_found(),
    }
}
