//! The name and its mark.

use yew::prelude::*;

use super::auth_link::RouteLink;
use crate::routes::Route;

/// The way home.
pub fn home_link() -> Html {
    html! { <RouteLink classes="brand" to={Route::Home}>{ brand() }</RouteLink> }
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
