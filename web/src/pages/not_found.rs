//! The page that only says where one is not.

use yew::prelude::*;

use crate::components::auth_link::RouteLink;
use crate::components::card::card;
use crate::hooks::use_page::use_page;
use crate::routes::Route;

#[component]
pub fn NotFoundPage() -> Html {
    const TITLE: &str = "Page not found";
    use_page(TITLE, "title");
    card(
        TITLE,
        html! {
            <>
                <p class="lead">{ "There is nothing at this address." }</p>
                <RouteLink classes="button wide" to={Route::Home}>{ "Go to the start page" }</RouteLink>
            </>
        },
    )
}
