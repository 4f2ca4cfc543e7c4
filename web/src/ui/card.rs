//! The frame of every page that is one card.

use yew::prelude::*;

use crate::routes::Route;
use crate::ui::brand::home_link;
use crate::ui::link::link;

/// `title` is the page's, which takes the focus.
pub fn card(title: &'static str, content: Html) -> Html {
    html! {
        <div class="page-card">
            <header class="card-brand">{ home_link() }</header>
            <main class="card">
                <h1 id="title" tabindex="-1">{ title }</h1>
                { content }
            </main>
        </div>
    }
}

/// How something has ended, and the one way on.
pub fn ending(title: &'static str, text: AttrValue, (to, label): (Route, &'static str)) -> Html {
    card(
        title,
        html! {
            <>
                <p class="lead" role="status">{ text }</p>
                { link("button primary wide", to, html! { label }) }
            </>
        },
    )
}
