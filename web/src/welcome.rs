//! What this is and the way in. `index.html` holds the same markup as the first paint; a browser test
//! compares the two.

use yew::prelude::*;

use crate::model::Mode;
use crate::ui::brand::home_link;
use crate::ui::link::auth_link;
use crate::ui::use_page::use_page;

#[component]
pub fn WelcomePage() -> Html {
    use_page("Welcome", "title");
    html! {
        <div class="page-welcome">
            <header class="bar">
                { home_link() }
                <div class="bar-end">{ auth_link("button quiet", Mode::SignIn, "Sign in") }</div>
            </header>
            <main class="hero">
                <div class="pitch">
                    <h1 id="title" tabindex="-1">{ "A clear list for a clear head." }</h1>
                    <p class="lead">
                        { "Write it down, tick it off, get on with your day. Your list is yours alone: the database itself keeps it from everyone else." }
                    </p>
                    <div class="ways">
                        { auth_link("button primary large", Mode::SignUp, "Create an account") }
                        { auth_link("button large", Mode::SignIn, "Sign in") }
                    </div>
                </div>
                <div class="sample" aria-hidden="true">
                    <p class="sample-title">{ "Today" }<span>{ "3 open, 1 done" }</span></p>
                    <p class="sample-row"><i></i>{ "Book the train to Lyon" }</p>
                    <p class="sample-row"><i></i>{ "Water the tomatoes" }</p>
                    <p class="sample-row"><i></i>{ "Read chapter four" }</p>
                    <p class="sample-row ticked"><i></i>{ "Call the dentist" }</p>
                </div>
            </main>
        </div>
    }
}
