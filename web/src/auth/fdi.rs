//! Bodies and answers of the `SuperTokens` front-end contract (FDI), whatever the route.

use serde::{Deserialize, Serialize};

use crate::client::error::Error;
use crate::client::http::Reply;
use crate::model::User;

/// What the server makes of a form. Refusals are answers, not errors.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    Welcome(User),
    Done,
    Fields(Vec<FieldError>),
    WrongCredentials,
    NotAllowed(String),
    /// The link from a mail was used before, or is too old.
    LinkSpent,
    /// Another tab was faster: nothing was sent.
    SignedInElsewhere,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FieldError {
    pub id: String,
    pub error: String,
}

#[derive(Default, Serialize)]
pub struct Form<'a> {
    #[serde(rename = "formFields", skip_serializing_if = "<[_]>::is_empty")]
    pub fields: &'a [Field<'a>],
    /// From a link in a mail; `method` says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<&'a str>,
}

#[derive(Serialize)]
pub struct Field<'a> {
    pub id: &'a str,
    pub value: &'a str,
}

impl<'a> Form<'a> {
    /// What somebody says with the token of a link.
    pub fn by_link(token: &'a str, fields: &'a [Field<'a>]) -> Self {
        Self { fields, token: Some(token), method: Some("token") }
    }

    pub fn body(&self) -> Result<String, Error> {
        serde_json::to_string(self).map_err(|_| Error::Unexpected)
    }
}

/// What stands beside `status` depends on it and on the route. One flat type for all, because each, and a
/// tagged enum even more, brings a reader of JSON along.
#[derive(Deserialize)]
pub struct Answer {
    status: String,
    user: Option<Person>,
    #[serde(rename = "formFields")]
    fields: Option<Vec<FieldError>>,
    reason: Option<String>,
    message: Option<String>,
    pub exists: Option<bool>,
    #[serde(rename = "isVerified")]
    pub is_verified: Option<bool>,
    #[serde(rename = "thirdParty")]
    pub third_party: Option<ThirdParty>,
    #[serde(rename = "urlWithQueryParams")]
    pub url: Option<String>,
    #[serde(rename = "pkceCodeVerifier")]
    pub verifier: Option<String>,
}

#[derive(Deserialize)]
struct Person {
    id: String,
    #[serde(default)]
    emails: Vec<String>,
}

#[derive(Deserialize)]
pub struct ThirdParty {
    pub providers: Vec<Provider>,
}

/// Where users can sign in with an account they have.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Provider {
    pub id: String,
    pub name: String,
}

/// The answer, where it is no error by its status.
pub fn answer(reply: &Reply) -> Result<Answer, Error> {
    match (reply.status, reply.message()) {
        // The server's own sentence: about what was sent, or about a provider that is away. A proxy has none.
        (400 | 502, Some(text)) => Err(Error::BadInput(text)),
        _ => reply.fault().map_or_else(|| reply.json(), Err),
    }
}

pub fn outcome(reply: &Reply) -> Result<Outcome, Error> {
    let Answer { status, user, fields, reason, message, .. } = answer(reply)?;
    let outcome = match status.as_str() {
        "OK" => Some(user.map_or(Outcome::Done, |user| {
            Outcome::Welcome(User {
                id: user.id.into(),
                email: user.emails.into_iter().next().map(Into::into),
            })
        })),
        "FIELD_ERROR" => fields.map(Outcome::Fields),
        "WRONG_CREDENTIALS_ERROR" => Some(Outcome::WrongCredentials),
        "SIGN_IN_NOT_ALLOWED"
        | "SIGN_UP_NOT_ALLOWED"
        | "SIGN_IN_UP_NOT_ALLOWED"
        | "PASSWORD_RESET_NOT_ALLOWED" => reason.map(Outcome::NotAllowed),
        "GENERAL_ERROR" => message.map(Outcome::NotAllowed),
        "NO_EMAIL_GIVEN_BY_PROVIDER" => Some(Outcome::NotAllowed(NO_EMAIL.to_owned())),
        "RESET_PASSWORD_INVALID_TOKEN_ERROR" | "EMAIL_VERIFICATION_INVALID_TOKEN_ERROR" => {
            Some(Outcome::LinkSpent)
        }
        "EMAIL_ALREADY_VERIFIED_ERROR" => Some(Outcome::Done),
        _ => None,
    };
    outcome.ok_or(Error::Unexpected)
}

const NO_EMAIL: &str =
    "Your account there has no email address that we may see. Allow it, or sign in another way.";

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
        for status in [
            "SIGN_UP_NOT_ALLOWED",
            "SIGN_IN_NOT_ALLOWED",
            "SIGN_IN_UP_NOT_ALLOWED",
            "PASSWORD_RESET_NOT_ALLOWED",
        ] {
            let closed = format!(r#"{{"status":"{status}","reason":"Ask later."}}"#);
            assert_eq!(read(&closed), Ok(Outcome::NotAllowed("Ask later.".to_owned())));
        }
        let general = r#"{"status":"GENERAL_ERROR","message":"Ask later."}"#;
        assert_eq!(read(general), Ok(Outcome::NotAllowed("Ask later.".to_owned())));
        let nameless = r#"{"status":"NO_EMAIL_GIVEN_BY_PROVIDER"}"#;
        assert!(matches!(read(nameless), Ok(Outcome::NotAllowed(_))));
    }

    #[test]
    fn a_link_that_is_spent_is_told_from_one_that_worked() {
        for status in
            ["RESET_PASSWORD_INVALID_TOKEN_ERROR", "EMAIL_VERIFICATION_INVALID_TOKEN_ERROR"]
        {
            assert_eq!(read(&format!(r#"{{"status":"{status}"}}"#)), Ok(Outcome::LinkSpent));
        }
        assert_eq!(read(r#"{"status":"OK"}"#), Ok(Outcome::Done));
        assert_eq!(read(r#"{"status":"EMAIL_ALREADY_VERIFIED_ERROR"}"#), Ok(Outcome::Done));
    }

    #[test]
    fn an_unknown_status_is_no_success() {
        assert_eq!(read(r#"{"status":"SOMETHING_NEW"}"#), Err(Error::Unexpected));
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

    #[test]
    fn a_provider_that_is_away_is_told_from_a_server_that_is() {
        let away =
            |body: &str| outcome(&Reply { status: 502, body: body.to_owned(), ..Reply::default() });
        let said = Error::BadInput("Signing in with X is not possible right now.".to_owned());
        let body = r#"{"message":"Signing in with X is not possible right now."}"#;
        assert_eq!(away(body), Err(said));
        assert_eq!(away("<html>Bad Gateway</html>"), Err(Error::Unavailable(None)));
    }

    #[test]
    fn a_body_holds_what_there_is_to_say() {
        let fields = [Field { id: "email", value: "a\"b@example.com" }];
        let form = Form { fields: &fields, ..Form::default() };
        let body = r#"{"formFields":[{"id":"email","value":"a\"b@example.com"}]}"#;
        assert_eq!(form.body().as_deref(), Ok(body));
        let by_link = Form::by_link("t", &[]).body();
        assert_eq!(by_link.as_deref(), Ok(r#"{"token":"t","method":"token"}"#));
    }
}
