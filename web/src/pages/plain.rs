//! Pages that only say where one is not.

use yew::prelude::*;

use crate::components::auth_link::RouteLink;
use crate::components::brand::home_link;
use crate::hooks::use_page::use_page;
use crate::routes::Route;

#[derive(Properties, PartialEq)]
struct Props {
    title: &'static str,
    text: &'static str,
}

#[component]
fn PlainPage(props: &Props) -> Html {
    use_page(props.title, "title");
    html! {
        <div class="page-card">
            <header class="card-brand">{ home_link() }</header>
            <main class="card">
                <h1 id="title" tabindex="-1">{ props.title }</h1>
                <p class="lead">{ props.text }</p>
                <RouteLink classes="button wide" to={Route::Home}>{ "Go to the start page" }</RouteLink>
            </main>
        </div>
    }
}

pub fn unavailable() -> Html {
    html! {
        <PlainPage
            key="unavailable"
            title="Not available yet"
            text="This page is not there yet. Signing in with email and password is."
        />
    }
}

pub fn not_found() -> Html {
    html! { <PlainPage key="not-found" title="Page not found" text="There is nothing at this address." /> }
}
