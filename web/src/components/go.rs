//! Moves on to another page, leaving no step back to the one that sent there.

use yew::prelude::*;
use yew_router::prelude::*;

use crate::routes::Route;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub to: Route,
}

#[component]
pub fn Go(props: &Props) -> Html {
    let navigator = use_navigator();
    use_effect_with(props.to, move |to| {
        if let Some(navigator) = navigator {
            navigator.replace(to);
        }
    });
    Html::default()
}
