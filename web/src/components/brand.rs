//! The name and its mark.

use yew::prelude::*;
use yew_router::prelude::*;

use crate::routes::Route;

/// The way home.
#[component]
pub fn Brand() -> Html {
    html! { <Link<Route> classes="brand" to={Route::Home}>{ brand() }</Link<Route>> }
}

/// The same where there is nowhere else to go.
pub fn brand() -> Html {
    html! {
        <>
            <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
                <rect width="32" height="32" rx="9" />
                <path d="M9 16.5l5 5 9-11" />
            </svg>
            { "Todos" }
        </>
    }
}
