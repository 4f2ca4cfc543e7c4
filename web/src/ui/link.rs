//! Links within the page, and those to the sign-in screen in one of its two modes.

use yew::prelude::*;

use crate::browser::history;
use crate::browser::history::Step;
use crate::model::Mode;
use crate::routes::Route;

/// What the address says for signing up: it can be linked, and survives a reload.
pub const SIGN_UP: &str = "signup";

pub fn link(classes: &'static str, to: Route, content: Html) -> Html {
    anchor(classes, to.path(), content)
}

pub fn auth_link(classes: &'static str, mode: Mode, label: &'static str) -> Html {
    let url = match mode {
        Mode::SignIn => Route::Auth.path(),
        Mode::SignUp => "/auth?mode=signup",
    };
    anchor(classes, url, html! { label })
}

fn anchor(classes: &'static str, href: &'static str, content: Html) -> Html {
    let onclick = Callback::from(move |event: MouseEvent| {
        // These open it elsewhere.
        if event.meta_key() || event.ctrl_key() || event.shift_key() || event.alt_key() {
            return;
        }
        event.prevent_default();
        history::go(href, Step::Push);
    });
    html! { <a class={classes} {href} {onclick}>{ content }</a> }
}
