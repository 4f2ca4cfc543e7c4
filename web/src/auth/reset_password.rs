//! `/auth/reset-password`: asks for a link, and where the link leads.

use yew::prelude::*;

use crate::auth::fdi::Outcome;
use crate::auth::form::FormView;
use crate::auth::forms::Form;
use crate::routes::Route;
use crate::ui::callout::{alert, note};
use crate::ui::card::{card, ending};
use crate::ui::link::link;
use crate::ui::use_page::{query, use_page};

#[derive(Clone, PartialEq)]
enum Step {
    Ask,
    Sent,
    /// The link that led here does not work.
    Spent,
    Choose(AttrValue),
    Changed,
}

#[component]
pub fn ResetPasswordPage() -> Html {
    let step =
        use_state_eq(|| query("token").map_or(Step::Ask, |token| Step::Choose(token.into())));
    let onend = {
        let step = step.clone();
        Callback::from(move |outcome| {
            step.set(match (&*step, outcome) {
                (Step::Choose(_), Outcome::Done) => Step::Changed,
                (Step::Choose(_), _) => Step::Spent,
                (_, _) => Step::Sent,
            });
        })
    };
    let title = match &*step {
        Step::Choose(_) => "Choose a new password",
        Step::Changed => "Your password is changed",
        Step::Ask | Step::Sent | Step::Spent => "Forgot your password?",
    };
    use_page(title, "title");
    if let Step::Choose(token) = &*step {
        let form = Form::Reset(token.clone());
        return card(title, html! { <FormView key="choose" {form} {onend} /> });
    }
    if *step == Step::Changed {
        return ending(title, AttrValue::Static(CHANGED), (Route::Auth, "Sign in"));
    }
    let sent = (*step == Step::Sent).then_some(AttrValue::Static(SENT));
    let spent = (*step == Step::Spent).then_some(AttrValue::Static(SPENT));
    card(
        title,
        html! {
            <>
                <p class="lead">{ "Enter your email address. You will get a link to choose a new one." }</p>
                { alert(spent.as_ref()) }
                { note(sent.as_ref()) }
                <FormView key="ask" form={Form::AskForLink} {onend} />
                <p class="aside">{ link("link", Route::Auth, html! { "Back to sign-in" }) }</p>
            </>
        },
    )
}

const SENT: &str = "Look into your mail. If there is an account with this address, a link is on its way. It works for an hour.";
const CHANGED: &str = "You were signed out everywhere. Sign in with your new password.";
const SPENT: &str =
    "This link does not work any more: it works once, and for an hour. Ask for another one.";
