//! `/`: the list for who is signed in, the welcome for who is not.

use yew::prelude::*;

use crate::auth::return_to;
use crate::auth::session::Session;
use crate::auth::use_session::use_session;
use crate::routes::Route;
use crate::todos::page::TodosPage;
use crate::ui::redirect::Redirect;
use crate::welcome::WelcomePage;

#[component]
pub fn HomePage() -> Html {
    use_effect_with((), |()| return_to::forget());
    match &*use_session() {
        // The key: another user's list is another list.
        Session::In(user) => html! { <TodosPage key={user.id.to_string()} user={user.clone()} /> },
        Session::Out => html! { <WelcomePage /> },
        Session::Ended => html! { <Redirect to={Route::Auth} /> },
    }
}
