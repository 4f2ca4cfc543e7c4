//! `/`: the list for who is signed in, the welcome for who is not.

use yew::prelude::*;

use super::todos::TodosPage;
use super::welcome::WelcomePage;
use crate::components::go::Go;
use crate::hooks::use_session::use_session;
use crate::routes::Route;
use crate::services::place;
use crate::state::session::Session;

#[component]
pub fn HomePage() -> Html {
    use_effect_with((), |()| place::forget());
    match &*use_session() {
        // The key: another user's list is another list.
        Session::In(user) => html! { <TodosPage key={user.id.to_string()} user={user.clone()} /> },
        Session::Out => html! { <WelcomePage /> },
        Session::Ended => html! { <Go to={Route::Auth} /> },
    }
}
