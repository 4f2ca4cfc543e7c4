//! The frame of every page that is one card.

use yew::prelude::*;

use super::brand::home_link;

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
