//! The name and its mark.

use yew::prelude::*;

use crate::routes::Route;
use crate::ui::link::link;

/// The way home.
pub fn home_link() -> Html {
    link("brand", Route::Home, brand())
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
