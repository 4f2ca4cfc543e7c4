//! `/auth/verify-email`: where the link of a mail leads, and where one waits for it.

use std::rc::Rc;
use std::time::Duration;

use yew::platform::{spawn_local, time::sleep};
use yew::prelude::*;

use crate::auth::fdi::Outcome;
use crate::auth::session::{Session, SessionChange};
use crate::auth::use_session::use_session;
use crate::auth::use_sign_out::use_sign_out;
use crate::auth::verification;
use crate::auth::{return_to, session_marker};
use crate::browser::store;
use crate::client::error::Error;
use crate::model::User;
use crate::routes::Route;
use crate::ui::callout::{alert, note};
use crate::ui::card::{card, ending};
use crate::ui::redirect::Redirect;
use crate::ui::use_page::{parameter, use_page};

/// How often the server is asked whether the link was opened, perhaps on another device.
const PAUSE: Duration = Duration::from_secs(3);

#[derive(Properties, PartialEq)]
pub struct Props {
    pub query: AttrValue,
}

#[component]
pub fn VerifyEmailPage(props: &Props) -> Html {
    let session = use_session();
    match (parameter(&props.query, "token"), &*session) {
        (Some(token), _) => {
            let owner = parameter(&props.query, "userId");
            let own = owner.is_some_and(|owner| session.is_of(&owner));
            html! { <ByLink {token} {own} /> }
        }
        (None, Session::In(user)) => html! { <Waiting user={user.clone()} /> },
        (None, _) => html! { <Redirect to={Route::Auth} /> },
    }
}

#[derive(Properties, PartialEq)]
struct ByLinkProps {
    token: AttrValue,
    /// Whether the link was sent to the signed-in user.
    own: bool,
}

/// Verifies at once only for the link's own user. Mail scanners open links, too, and must not use them up.
#[component]
fn ByLink(props: &ByLinkProps) -> Html {
    let step = use_state_eq(|| Step::Ready);
    let verify = {
        let (token, step) = (props.token.clone(), step.clone());
        Callback::from(move |()| {
            if *step != Step::Ready {
                return;
            }
            step.set(Step::Verifying);
            let (token, step) = (token.clone(), step.setter());
            spawn_local(async move { step.set(Step::Done(verification::verify(&token).await)) });
        })
    };
    {
        let verify = verify.clone();
        use_effect_with(props.own, move |own| {
            if *own {
                verify.emit(());
            }
        });
    }
    let title = match &*step {
        Step::Ready if !props.own => "Verify your email",
        Step::Ready | Step::Verifying => "Verifying your email\u{2026}",
        Step::Done(Ok(Outcome::Done)) => "Your email is verified",
        Step::Done(Ok(_)) => "This link does not work",
        Step::Done(Err(_)) => "Your email could not be verified now",
    };
    use_page(title, "title");
    let (text, to) = match &*step {
        Step::Ready if !props.own => return card(title, confirmation(&verify)),
        Step::Ready | Step::Verifying => return card(title, Html::default()),
        Step::Done(Ok(Outcome::Done)) => (AttrValue::Static(VERIFIED), Route::Home),
        Step::Done(Ok(_)) => (AttrValue::Static(SPENT), Route::VerifyEmail),
        Step::Done(Err(error)) => (error.to_string().into(), Route::VerifyEmail),
    };
    ending(title, text, (to, "Continue"))
}

#[derive(PartialEq)]
enum Step {
    Ready,
    Verifying,
    Done(Result<Outcome, Error>),
}

fn confirmation(verify: &Callback<()>) -> Html {
    html! {
        <>
            <p class="lead">{ CONFIRM }</p>
            <button type="button" class="button primary wide" onclick={verify.reform(|_| ())}>
                { "Verify email" }
            </button>
        </>
    }
}

const CONFIRM: &str = "If you signed up for todos, confirm that this email address is yours.";
const VERIFIED: &str = "Thank you. You can close this tab if another one is waiting.";
const SPENT: &str = "It was used before, or is older than a day. Sign in to get another one.";

#[derive(Properties, PartialEq)]
struct WaitingProps {
    user: User,
}

/// What the server has said of the link that it was asked for.
#[derive(Clone, PartialEq)]
enum Sent {
    Not,
    Sending,
    Done,
    Failed(Error),
}

#[component]
fn Waiting(props: &WaitingProps) -> Html {
    const TITLE: &str = "Verify your email";
    use_page(TITLE, "title");
    let id = &props.user.id;
    let session = use_session().dispatcher();
    let (leaving, leave) = use_sign_out(id);
    let verified = use_state_eq(|| false);
    let sent = use_state_eq(|| Sent::Not);
    let send = {
        let (sent, id) = (sent.setter(), id.clone());
        Callback::from(move |()| {
            sent.set(Sent::Sending);
            let (sent, id) = (sent.clone(), id.clone());
            spawn_local(async move {
                let answer = verification::send_link(&id).await;
                store::set(store::session(), SENT_TO, answer.is_ok().then_some(&*id));
                sent.set(answer.map_or_else(Sent::Failed, |()| Sent::Done));
            });
        })
    };
    {
        let (send, verified) = (send.clone(), verified.setter());
        use_effect_with(id.clone(), move |id| {
            let alive = Rc::new(());
            let (watch, id) = (Rc::downgrade(&alive), id.clone());
            spawn_local(async move {
                let mut asked = store::get(store::session(), SENT_TO).is_some_and(|to| *to == *id);
                while watch.strong_count() > 0 {
                    match verification::is_verified(&id).await {
                        Ok(true) => return verified.set(true),
                        Err(Error::SessionEnded) => {
                            return session.dispatch(SessionChange::Marked(session_marker::read()));
                        }
                        Ok(false) if !asked => {
                            asked = true;
                            send.emit(());
                        }
                        Ok(false) | Err(_) => {}
                    }
                    sleep(PAUSE).await;
                }
            });
            move || drop(alive)
        });
    }
    if *verified {
        return html! { <Redirect to={return_to::recall()} /> };
    }
    let address = props.user.email.clone().unwrap_or(AttrValue::Static("your email address"));
    let trouble = match &*sent {
        Sent::Failed(error) => Some(AttrValue::from(error.to_string())),
        _ => None,
    };
    let done = (*sent == Sent::Done).then_some(AttrValue::Static("A link is on its way."));
    let busy = *sent == Sent::Sending;
    card(
        TITLE,
        html! {
            <>
                <p class="lead">
                    { "Open the link that we sent to " }<b>{ address }</b>{ ". This page goes on by itself." }
                </p>
                { alert(trouble.as_ref()) }
                { note(done.as_ref()) }
                <button
                    type="button"
                    class="button primary wide"
                    aria-disabled={busy.then_some("true")}
                    onclick={send.reform(|_| ())}
                >
                    { if busy { "Sending\u{2026}" } else { "Send the link again" } }
                </button>
                <button type="button" class="button wide" aria-disabled={leaving.then_some("true")} onclick={leave}>
                    { "Sign out" }
                </button>
            </>
        },
    )
}

/// Whom a link was sent to from this tab: a reload sends no other.
const SENT_TO: &str = "todos.verification";
