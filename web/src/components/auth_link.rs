//! Links within the page, and those to the sign-in screen in one of its two modes.

use serde::{Deserialize, Serialize};
use yew::prelude::*;
use yew_router::prelude::*;

use crate::model::Mode;
use crate::routes::Route;

/// The mode in the address, so that it can be linked and survives a reload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthQuery {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<String>,
}

impl AuthQuery {
    pub fn mode(&self) -> Mode {
        match self.mode.as_deref() {
            Some("signup") => Mode::SignUp,
            _ => Mode::SignIn,
        }
    }
}

/// Any link: one type for all, as each would come with a copy of the code.
pub type RouteLink = Link<Route, AuthQuery>;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub mode: Mode,
    pub classes: Classes,
    pub children: Html,
}

#[component]
pub fn AuthLink(props: &Props) -> Html {
    let query = (props.mode == Mode::SignUp).then(|| AuthQuery { mode: Some("signup".to_owned()) });
    html! {
        <RouteLink classes={props.classes.clone()} to={Route::Auth} {query}>
            { props.children.clone() }
        </RouteLink>
    }
}
