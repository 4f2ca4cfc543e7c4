//! Whose list this is, the way to the account, and the way out.

use yew::prelude::*;

use crate::auth::use_sign_out::use_sign_out;
use crate::model::User;
use crate::routes::Route;
use crate::todos::shortcuts::Shortcuts;
use crate::ui::brand::home_link;
use crate::ui::link::link;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub user: User,
}

#[component]
pub fn Header(props: &Props) -> Html {
    let (leaving, onclick) = use_sign_out(&props.user.id);
    let email = props.user.email.clone().unwrap_or(AttrValue::Static("Your account"));
    let account = html! {
        <>
            <span class="unseen">{ "Account: " }</span>
            <span class="email">{ email }</span>
        </>
    };
    html! {
        <header class="bar">
            { home_link() }
            <div class="bar-end">
                <Shortcuts />
                { link("account-link", Route::Account, account) }
                <button type="button" class="button quiet" aria-disabled={leaving.then_some("true")} {onclick}>
                    { if leaving { "Signing out\u{2026}" } else { "Sign out" } }
                </button>
            </div>
        </header>
    }
}
