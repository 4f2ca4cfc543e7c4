//! FDI `formFields`: a list of `{id, value}`, checked field by field.

use std::sync::LazyLock;

use regex::Regex;
use secrecy::SecretString;
use serde_json::{Map, Value, json};

use crate::error::Error;

/// FDI field error: what is wrong with one field, in words for its user.
#[derive(Debug, PartialEq, Eq)]
pub struct FieldError {
    pub id: &'static str,
    pub error: &'static str,
}

impl FieldError {
    pub fn new(id: &'static str, error: &'static str) -> Self {
        Self { id, error }
    }
}

/// FDI status `FIELD_ERROR`.
pub fn field_errors(errors: &[FieldError]) -> Value {
    let fields: Vec<Value> =
        errors.iter().map(|FieldError { id, error }| json!({"id": id, "error": error})).collect();
    json!({"status": "FIELD_ERROR", "formFields": fields})
}

/// What a user signs up and in with.
#[derive(Debug)]
pub struct Credentials {
    pub email: String,
    pub password: SecretString,
}

/// The form in which emails are kept and compared. A Core drops control characters at the ends, too:
/// what it takes for one email must be one here.
pub fn normalised(email: &str) -> String {
    email.trim_matches(|c: char| c.is_whitespace() || c.is_control()).to_lowercase()
}

/// A form that was read: its content, or what to tell its user.
type Filled<T> = Result<T, Vec<FieldError>>;

/// Reads `email` and `password`. The outer error is malformed input (400), the inner one is for
/// the form.
///
/// `new_password` is the rule for a password that is being chosen; an existing one needs none.
pub fn credentials(
    body: &Map<String, Value>,
    new_password: bool,
) -> Result<Filled<Credentials>, Error> {
    let [email, password] = fields(body, ["email", "password"])?;
    let email = text(email, "email")?.map(normalised).unwrap_or_default();
    let password = text(password, "password")?.unwrap_or_default();
    let rule = if new_password { password_error } else { |_: &str| None };
    let errors = [check("email", &email, email_error), check("password", password, rule)];
    Ok(filled(errors, || Credentials { email, password: password.into() }))
}

/// Reads `email` alone, as [`credentials`].
pub fn email(body: &Map<String, Value>) -> Result<Filled<String>, Error> {
    let [email] = fields(body, ["email"])?;
    let email = text(email, "email")?.map(normalised).unwrap_or_default();
    Ok(filled([check("email", &email, email_error)], || email))
}

/// Reads `password` alone, one that is being chosen, as [`credentials`].
pub fn new_password(body: &Map<String, Value>) -> Result<Filled<SecretString>, Error> {
    let [password] = fields(body, ["password"])?;
    let password = text(password, "password")?.unwrap_or_default();
    Ok(filled([check("password", password, password_error)], || password.into()))
}

/// The `token` of a link that was mailed; `what` for: `password reset` or `email verification`.
pub fn token(body: &Map<String, Value>, what: &str) -> Result<SecretString, Error> {
    match body.get("token") {
        None | Some(Value::Null) => {
            Err(Error::BadInput(format!("Please provide the {what} token")))
        }
        Some(Value::String(token)) => Ok(token.as_str().into()),
        Some(_) => Err(Error::BadInput(format!("The {what} token must be a string"))),
    }
}

fn check(
    id: &'static str,
    value: &str,
    rule: impl Fn(&str) -> Option<&'static str>,
) -> Option<FieldError> {
    let error = if value.is_empty() { Some("Field is not optional") } else { rule(value) };
    error.map(|error| FieldError::new(id, error))
}

fn filled<T, const N: usize>(
    errors: [Option<FieldError>; N],
    content: impl FnOnce() -> T,
) -> Filled<T> {
    let errors: Vec<_> = errors.into_iter().flatten().collect();
    if errors.is_empty() { Ok(content()) } else { Err(errors) }
}

/// The values of exactly these fields; a field may be missing, but none may be unknown.
fn fields<'a, const N: usize>(
    body: &'a Map<String, Value>,
    ids: [&str; N],
) -> Result<[Option<&'a Value>; N], Error> {
    let bad = |text: &str| Err(Error::BadInput(text.to_owned()));
    let list = match body.get("formFields") {
        None | Some(Value::Null) => return bad("Missing input param: formFields"),
        Some(Value::Array(list)) => list,
        Some(_) => return bad("formFields must be an array"),
    };
    let mut found = [None; N];
    for field in list {
        let (Some(Value::String(id)), Some(value)) = (field.get("id"), field.get("value")) else {
            return bad("All elements of formFields must contain an 'id' and 'value' field");
        };
        match ids.iter().zip(&mut found).find(|(known, _)| *known == id) {
            Some((_, slot @ None)) => *slot = Some(value),
            _ => return bad("Are you sending too many formFields?"),
        }
    }
    Ok(found)
}

fn text<'a>(value: Option<&'a Value>, id: &str) -> Result<Option<&'a str>, Error> {
    match value {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Error::BadInput(format!("{id} value must be a string"))),
    }
}

/// A local part without spaces or specials, `@`, and a host name with a top-level domain.
pub fn email_error(email: &str) -> Option<&'static str> {
    static EMAIL: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r#"^[^<>()\[\]\\.,;:\s@"\x00-\x20\x7f]+(\.[^<>()\[\]\\.,;:\s@"\x00-\x20\x7f]+)*@([a-z0-9-]+\.)+[a-z]{2,}$"#,
        )
        .ok()
    });
    let valid = EMAIL.as_ref().is_some_and(|pattern| pattern.is_match(email)) && email.len() <= 256;
    (!valid).then_some("Email is invalid")
}

/// The reference's rule for a new password: 8 to 99 characters, a letter and a digit.
pub fn password_error(password: &str) -> Option<&'static str> {
    let length = password.encode_utf16().count();
    if length < 8 {
        Some("Password must contain at least 8 characters, including a number")
    } else if length >= 100 {
        Some("Password's length must be lesser than 100 characters")
    } else if !password.chars().any(|c| c.is_ascii_alphabetic()) {
        Some("Password must contain at least one alphabet")
    } else if !password.chars().any(|c| c.is_ascii_digit()) {
        Some("Password must contain at least one number")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: Value) -> Result<Result<Credentials, Vec<FieldError>>, String> {
        let Value::Object(body) = body else { panic!("a form is an object") };
        credentials(&body, true).map_err(|error| error.to_string())
    }

    fn form(email: &Value, password: &str) -> Value {
        json!({"formFields": [
            {"id": "email", "value": email}, {"id": "password", "value": password}]})
    }

    #[test]
    fn emails_are_trimmed_and_lower_cased() {
        for email in
            ["  Ada@Example.com ", "\u{1}ada@example.com", "\u{1f}\u{2}ada@example.com\u{7f}\n"]
        {
            let read = read(form(&json!(email), "secret123")).unwrap().unwrap();
            assert_eq!(read.email, "ada@example.com");
        }
        let read = read(form(&json!("ada@example.com"), "secret123")).unwrap().unwrap();
        assert!(!format!("{read:?}").contains("secret123"));
    }

    #[test]
    fn malformed_forms_are_bad_input() {
        for (body, message) in [
            (json!({}), "Missing input param: formFields"),
            (json!({"formFields": "x"}), "formFields must be an array"),
            (form(&json!(1), "secret123"), "email value must be a string"),
            (
                json!({"formFields": [{"id": "email"}]}),
                "All elements of formFields must contain an 'id' and 'value' field",
            ),
            (
                json!({"formFields": [{"id": "name", "value": "x"}]}),
                "Are you sending too many formFields?",
            ),
        ] {
            assert_eq!(read(body).unwrap_err(), message);
        }
    }

    #[test]
    fn each_wrong_field_is_named() {
        let errors = read(form(&json!("nope"), "short")).unwrap().unwrap_err();
        assert_eq!(errors.iter().map(|error| error.id).collect::<Vec<_>>(), ["email", "password"]);
        let missing = read(json!({"formFields": []})).unwrap().unwrap_err();
        assert!(missing.iter().all(|error| error.error == "Field is not optional"));
    }

    #[test]
    fn a_token_is_a_text() {
        let read = |body: Value| {
            token(body.as_object().unwrap(), "password reset").map_err(|error| error.to_string())
        };
        assert!(read(json!({"token": "abc"})).is_ok());
        for (body, message) in [
            (json!({}), "Please provide the password reset token"),
            (json!({"token": null}), "Please provide the password reset token"),
            (json!({"token": 5}), "The password reset token must be a string"),
        ] {
            assert_eq!(read(body).unwrap_err(), message);
        }
    }

    #[test]
    fn email_rule() {
        for email in ["a@b.co", "first.last+tag@sub.example.com", "x_1@ex-ample.org"] {
            assert_eq!(email_error(email), None, "{email}");
        }
        for email in [
            "nope",
            "a@b",
            "a b@c.de",
            "a@b.c",
            "a..b@c.de",
            "@c.de",
            "a@@c.de",
            "a\0@c.de",
            "a\u{1}b@c.de",
            "a\u{7f}@c.de",
        ] {
            assert!(email_error(email).is_some(), "{email}");
        }
    }
}
