//! Moves on to another page, leaving no step back to the one that sent there.

use yew::prelude::*;

use crate::routes::Route;
use crate::services::history::{self, Step};

#[derive(Properties, PartialEq)]
pub struct Props {
    pub to: Route,
}

#[component]
pub fn Go(props: &Props) -> Html {
    use_effect_with(props.to, |to| history::go(to.path(), Step::Replace));
    Html::default()
}
