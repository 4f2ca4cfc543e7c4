//! Pages that only say what is not, or not any more.

use yew::prelude::*;

use crate::routes::Route;
use crate::ui::card::ending;
use crate::ui::use_page::use_page;

#[derive(Properties, PartialEq)]
struct Props {
    title: &'static str,
    text: &'static str,
}

#[component]
fn PlainPage(props: &Props) -> Html {
    use_page(props.title, "title");
    ending(props.title, props.text.into(), (Route::Home, "Go to the start page"))
}

pub fn not_found() -> Html {
    html! { <PlainPage key="not-found" title="Page not found" text="There is nothing at this address." /> }
}

pub fn deleted() -> Html {
    html! {
        <PlainPage
            key="deleted"
            title="Your account is deleted"
            text="Your tasks are gone with it. Thank you for having been here."
        />
    }
}
