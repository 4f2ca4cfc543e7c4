//! Moves on to another page, leaving no step back to the one that sent there.

use yew::prelude::*;

use crate::browser::history;
use crate::browser::history::Step;
use crate::routes::Route;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub to: Route,
}

#[component]
pub fn Redirect(props: &Props) -> Html {
    use_effect_with(props.to, |to| history::go(to.path(), Step::Replace));
    Html::default()
}
