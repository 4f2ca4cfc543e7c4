//! Recipe dashboard: those who administer users, and their sessions. They are apart from the users:
//! neither can sign in where the other does.

mod sessions;
mod users;

pub(super) use self::{
    sessions::{remove_session, sign_in, verify_session},
    users::{create, list, remove, update},
};
use super::{
    error::{Error, Result},
    request::Fields,
};

/// A field as the Core takes it here: without outer spaces, passwords too.
fn trimmed<'a>(fields: &'a Fields, name: &str) -> Result<&'a str> {
    not_empty(fields.text(name)?, name)
}

/// As [`trimmed`], of a field that may be missing.
fn optional_trimmed<'a>(fields: &'a Fields, name: &str) -> Result<Option<&'a str>> {
    fields.optional_text(name)?.map(|value| not_empty(value, name)).transpose()
}

fn not_empty<'a>(value: &'a str, name: &str) -> Result<&'a str> {
    match value.trim() {
        "" => Err(Error::bad_request(format!("Field name '{name}' cannot be an empty String"))),
        value => Ok(value),
    }
}
