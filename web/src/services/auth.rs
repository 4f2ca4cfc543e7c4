//! Sign-up, sign-in, sign-out: the email-and-password recipe of the `SuperTokens` front-end contract.

use serde::{Deserialize, Serialize};
use web_sys::js_sys::encode_uri_component;

use super::error::Error;
use super::http::{self, NOTHING, Reply};
use super::lock;
use super::mark::{self, Mark};
use super::session::with_session;
use crate::model::User;

const RECIPE: &str = "emailpassword";

/// The server's own words for it, said before the form is sent.
pub const EMAIL_TAKEN: &str = "This email already exists. Please sign in instead.";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    SignIn,
    SignUp,
}

/// What the server makes of the form. Refusals are answers, not errors.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    Welcome(User),
    Fields(Vec<FieldError>),
    WrongCredentials,
    NotAllowed(String),
    /// Another tab was faster: nothing was sent.
    SignedInElsewhere,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct FieldError {
    pub id: String,
    pub error: String,
}

#[derive(Serialize)]
struct Form<'a> {
    #[serde(rename = "formFields")]
    fields: [Field<'a>; 2],
}

#[derive(Serialize)]
struct Field<'a> {
    id: &'a str,
    value: &'a str,
}

#[derive(Deserialize)]
struct Person {
    id: String,
    #[serde(default)]
    emails: Vec<String>,
}

/// What stands beside `status` depends on it. Flat, because a tagged enum brings a second reader of JSON along.
#[derive(Deserialize)]
struct Answer {
    status: String,
    user: Option<Person>,
    #[serde(rename = "formFields")]
    fields: Option<Vec<FieldError>>,
    reason: Option<String>,
}

#[derive(Deserialize)]
struct Exists {
    exists: bool,
}

/// On success the cookies are set and the other tabs are told.
pub async fn submit(mode: Mode, email: &str, password: &str) -> Result<Outcome, Error> {
    let path = match mode {
        Mode::SignIn => "/auth/signin",
        Mode::SignUp => "/auth/signup",
    };
    // No refresh may be under way, which would bring back the cookies of who was here before.
    let _held = lock::acquire(lock::COOKIES).await;
    if matches!(mark::read(), Mark::In(_)) {
        return Ok(Outcome::SignedInElsewhere);
    }
    let fields = [Field { id: "email", value: email }, Field { id: "password", value: password }];
    let form = serde_json::to_string(&Form { fields }).map_err(|_| Error::Unexpected)?;
    let outcome = outcome(&http::post(path, RECIPE, &form).await?)?;
    if let Outcome::Welcome(user) = &outcome {
        mark::next_generation();
        mark::write(&Mark::In(user.id.to_string()));
    }
    Ok(outcome)
}

fn outcome(reply: &Reply) -> Result<Outcome, Error> {
    if let Some(fault) = reply.fault() {
        return Err(fault);
    }
    if reply.status == 400 {
        return Err(reply.message().map_or(Error::Unexpected, Error::BadInput));
    }
    let Answer { status, user, fields, reason } = reply.json()?;
    let outcome = match status.as_str() {
        "OK" => user.map(|user| {
            Outcome::Welcome(User {
                id: user.id.into(),
                email: user.emails.into_iter().next().map(Into::into),
            })
        }),
        "FIELD_ERROR" => fields.map(Outcome::Fields),
        "WRONG_CREDENTIALS_ERROR" => Some(Outcome::WrongCredentials),
        "SIGN_IN_NOT_ALLOWED" | "SIGN_UP_NOT_ALLOWED" => reason.map(Outcome::NotAllowed),
        _ => None,
    };
    outcome.ok_or(Error::Unexpected)
}

/// Whether an account of this address exists; `None` when the server does not say.
pub async fn email_exists(email: &str) -> Option<bool> {
    let query = String::from(encode_uri_component(email));
    let path = format!("/auth/emailpassword/email/exists?email={query}");
    let reply = http::get(&path, RECIPE).await.ok()?;
    reply.json::<Exists>().ok().map(|answer| answer.exists)
}

/// A session that is already gone counts as signed out; only a server that cannot be reached does not, since
/// nobody else can clear the cookies. Whoever else has signed in meanwhile stays.
pub async fn sign_out(user: &str) -> Result<(), Error> {
    match with_session(user, &|| Box::pin(send_sign_out())).await {
        Ok(_) | Err(Error::SessionEnded) => {
            mark::leave(user);
            Ok(())
        }
        Err(error) => Err(error),
    }
}

async fn send_sign_out() -> Result<Reply, Error> {
    let _held = lock::acquire(lock::COOKIES).await;
    http::post("/auth/signout", "anti-csrf", NOTHING).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Outcome, Error> {
        outcome(&Reply { status: 200, body: body.to_owned(), ..Reply::default() })
    }

    #[test]
    fn an_account_is_known_by_id_and_first_address() {
        let body = r#"{"status":"OK","user":{"id":"u-1","isPrimaryUser":false,"emails":["ada@example.com"]}}"#;
        let user = User { id: "u-1".into(), email: Some("ada@example.com".into()) };
        assert_eq!(read(body), Ok(Outcome::Welcome(user)));
    }

    #[test]
    fn refusals_are_answers() {
        let body =
            r#"{"status":"FIELD_ERROR","formFields":[{"error":"Email is invalid","id":"email"}]}"#;
        let error = FieldError { id: "email".to_owned(), error: "Email is invalid".to_owned() };
        assert_eq!(read(body), Ok(Outcome::Fields(vec![error])));
        let wrong = r#"{"status":"WRONG_CREDENTIALS_ERROR"}"#;
        assert_eq!(read(wrong), Ok(Outcome::WrongCredentials));
        let closed = r#"{"status":"SIGN_UP_NOT_ALLOWED","reason":"Ask later."}"#;
        assert_eq!(read(closed), Ok(Outcome::NotAllowed("Ask later.".to_owned())));
    }

    #[test]
    fn an_unknown_status_is_no_success() {
        assert_eq!(read(r#"{"status":"SOMETHING_NEW"}"#), Err(Error::Unexpected));
        assert_eq!(read(r#"{"status":"OK"}"#), Err(Error::Unexpected));
        assert_eq!(read("<html>"), Err(Error::Unexpected));
    }

    #[test]
    fn malformed_input_is_said_in_the_servers_words() {
        let reply = Reply {
            status: 400,
            body: r#"{"message":"email value must be a string"}"#.to_owned(),
            ..Reply::default()
        };
        let said = Error::BadInput("email value must be a string".to_owned());
        assert_eq!(outcome(&reply), Err(said));
    }
}
