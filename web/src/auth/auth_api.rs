//! Sign-up, sign-in, sign-out, and a new password for who forgot theirs.

use web_sys::js_sys::encode_uri_component;

use crate::auth::fdi;
use crate::auth::fdi::{Field, Form, Outcome};
use crate::auth::refresh::with_session;
use crate::auth::session_marker;
use crate::auth::session_marker::{Leaving, Mark};
use crate::browser::lock;
use crate::client::error::Error;
use crate::client::http;
use crate::client::http::{NOTHING, Reply};

const RECIPE: &str = "emailpassword";

/// On success the cookies are set and the other tabs are told.
pub async fn enter(path: &str, recipe: &str, body: &str) -> Result<Outcome, Error> {
    // No refresh may be under way, which would bring back the cookies of who was here before.
    let _held = lock::acquire(&lock::COOKIES).await;
    if matches!(session_marker::read(), Mark::In(_)) {
        return Ok(Outcome::SignedInElsewhere);
    }
    let outcome = fdi::outcome(&http::post(path, recipe, body).await?)?;
    match &outcome {
        Outcome::Welcome(user) => {
            session_marker::next_generation();
            session_marker::write(&Mark::In(user.id.to_string()));
        }
        Outcome::Done => return Err(Error::Unexpected),
        _ => {}
    }
    Ok(outcome)
}

/// `path` says whether an account is made or entered.
pub async fn submit(path: &str, email: &str, password: &str) -> Result<Outcome, Error> {
    let fields = [Field { id: "email", value: email }, Field { id: "password", value: password }];
    enter(path, RECIPE, &Form { fields: &fields, ..Form::default() }.body()?).await
}

/// Whether an account of this address exists; `None` when the server does not say.
pub async fn email_exists(email: &str) -> Option<bool> {
    let query = String::from(encode_uri_component(email));
    let path = format!("/auth/emailpassword/email/exists?email={query}");
    let reply = http::get(&path, RECIPE).await.ok()?;
    fdi::answer(&reply).ok()?.exists
}

/// Done, whether or not there is such an account: nobody is to learn that here.
pub async fn ask_for_link(email: &str) -> Result<Outcome, Error> {
    let fields = [Field { id: "email", value: email }];
    let body = Form { fields: &fields, ..Form::default() }.body()?;
    fdi::outcome(&http::post("/auth/user/password/reset/token", RECIPE, &body).await?)
}

/// Sets the password of whose link it is, and ends all their sessions.
pub async fn reset(token: &str, password: &str) -> Result<Outcome, Error> {
    let fields = [Field { id: "password", value: password }];
    let body = Form::by_link(token, &fields).body()?;
    fdi::outcome(&http::post("/auth/user/password/reset", RECIPE, &body).await?)
}

/// A session that is already gone counts as signed out; only a server that cannot be reached does not, since
/// nobody else can clear the cookies. Whoever else has signed in meanwhile stays.
pub async fn sign_out(user: &str) -> Result<(), Error> {
    let leaving = Leaving::begin(user);
    match with_session(user, &|| Box::pin(send_sign_out())).await {
        Ok(_) | Err(Error::SessionEnded) => {
            leaving.done();
            Ok(())
        }
        Err(error) => Err(error),
    }
}

async fn send_sign_out() -> Result<Reply, Error> {
    let _held = lock::acquire(&lock::COOKIES).await;
    http::post("/auth/signout", "anti-csrf", NOTHING).await
}
