//! The shape of a list that is on its way. The style sheet keeps it unseen for the first 150 ms, in which
//! most answers come.

use yew::prelude::*;

pub fn skeleton() -> Html {
    html! {
        <div class="skeleton" role="status">
            <span class="unseen">{ "Loading your tasks" }</span>
            <div class="ghost"></div>
            <div class="ghost"></div>
            <div class="ghost"></div>
            <div class="ghost"></div>
        </div>
    }
}
