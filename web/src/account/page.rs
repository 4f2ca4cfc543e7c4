//! `/account`: where one is signed in, the password, and the end of it all.

use yew::prelude::*;

use crate::account::change_password::ChangePassword;
use crate::account::delete_account::DeleteAccount;
use crate::account::own_sessions::OwnSessions;
use crate::account::use_account::use_account;
use crate::auth::session::{Session, SessionChange};
use crate::auth::use_session::use_session;
use crate::auth::{return_to, session_marker};
use crate::client::error::Error;
use crate::model::User;
use crate::routes::Route;
use crate::ui::brand::home_link;
use crate::ui::error_banner::ErrorBanner;
use crate::ui::link::link;
use crate::ui::plain_page;
use crate::ui::redirect::Redirect;
use crate::ui::use_page::use_page;

#[component]
pub fn AccountPage() -> Html {
    let session = use_session();
    let deleted = use_state_eq(|| false);
    // Who leaves on purpose goes to the start page; who has to sign in first comes back here.
    let was_in = use_mut_ref(|| false);
    if *deleted {
        return plain_page::deleted();
    }
    let to = match &*session {
        Session::In(user) => {
            was_in.replace(true);
            let ondelete = {
                let (session, deleted) = (session.dispatcher(), deleted.setter());
                Callback::from(move |()| {
                    deleted.set(true);
                    session.dispatch(SessionChange::Marked(session_marker::read()));
                })
            };
            return html! { <Content key={user.id.to_string()} user={user.clone()} {ondelete} /> };
        }
        Session::Out if *was_in.borrow() => Route::Home,
        Session::Out | Session::Ended => {
            return_to::remember(Route::Account);
            Route::Auth
        }
    };
    html! { <Redirect {to} /> }
}

#[derive(Properties, PartialEq)]
struct Props {
    user: User,
    ondelete: Callback<()>,
}

#[component]
fn Content(props: &Props) -> Html {
    let id = &props.user.id;
    use_page("Your account", "title");
    use_effect_with((), |()| return_to::forget());
    let account = use_account(id);
    if account.trouble == Some(Error::Unverified) {
        return_to::remember(Route::Account);
        return html! { <Redirect to={Route::VerifyEmail} /> };
    }
    html! {
        <div class="page-card">
            <header class="card-brand">{ home_link() }</header>
            <main class="account">
                <div class="account-head">
                    <h1 id="title" tabindex="-1">{ "Your account" }</h1>
                    <p class="email">{ account.overview.as_ref().and_then(|known| known.email.clone()) }</p>
                </div>
                <ErrorBanner
                    error={account.trouble.clone()}
                    online=true
                    loaded={account.overview.is_some()}
                    busy={account.busy}
                    retry={account.load.clone()}
                />
                if let Some(overview) = &account.overview {
                    <OwnSessions user_id={id.clone()} sessions={overview.sessions.clone()} onchange={account.load.clone()} />
                    if overview.has_password {
                        <ChangePassword user_id={id.clone()} onchange={account.load.clone()} />
                    }
                    <DeleteAccount
                        user_id={id.clone()}
                        has_password={overview.has_password}
                        ondelete={props.ondelete.clone()}
                    />
                }
                <p class="aside">{ link("link", Route::Home, html! { "Back to your tasks" }) }</p>
            </main>
        </div>
    }
}
