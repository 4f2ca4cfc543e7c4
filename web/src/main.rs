//! The page: a todo list as a single-page app in Yew, on the typed GraphQL API and the sign-in routes of
//! the same origin.

mod account;
mod app;
mod auth;
mod browser;
mod client;
mod home;
mod model;
mod moment;
mod routes;
mod sync;
mod todos;
mod ui;
mod welcome;

/// Takes over the element that `index.html` fills with the first paint.
fn main() {
    if let Some(root) = gloo_utils::document().get_element_by_id("app") {
        yew::Renderer::<app::App>::with_root(root).render();
    }
}
