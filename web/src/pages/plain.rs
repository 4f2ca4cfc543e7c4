//! Pages that only say where one is not.

use yew::prelude::*;
use yew_router::prelude::*;

use crate::components::brand::Brand;
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
            <header class="card-brand"><Brand /></header>
            <main class="card">
                <h1 id="title" tabindex="-1">{ props.title }</h1>
                <p class="lead">{ props.text }</p>
                <Link<Route> classes="button wide" to={Route::Home}>{ "Go to the start page" }</Link<Route>>
            </main>
        </div>
    }
}

#[component]
pub fn UnavailablePage() -> Html {
    html! {
        <PlainPage
            title="Not available yet"
            text="This way of signing in is not ready in this version. Email and password work."
        />
    }
}

#[component]
pub fn NotFoundPage() -> Html {
    html! { <PlainPage title="Page not found" text="There is nothing at this address." /> }
}
