//! What the dashboard's requests carry, with the reference's words for what is missing.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::Error;

/// The query of a request.
#[derive(Deserialize)]
#[serde(transparent)]
pub struct Params(HashMap<String, String>);

impl Params {
    /// An empty parameter counts as none.
    pub fn optional(&self, name: &str) -> Result<Option<&str>, Error> {
        let value = self.0.get(name).map(String::as_str).filter(|value| !value.is_empty());
        value.map(|value| storable(value, name)).transpose()
    }

    pub fn required(&self, name: &str) -> Result<&str, Error> {
        self.optional(name)?
            .ok_or_else(|| Error::BadInput(format!("Missing required parameter '{name}'")))
    }

    /// As [`required`](Self::required), in the words of the routes for roles.
    pub fn text(&self, name: &str) -> Result<&str, Error> {
        self.optional(name)?.ok_or_else(|| invalid(name))
    }
}

pub fn text<'a>(body: &'a Map<String, Value>, name: &str) -> Result<&'a str, Error> {
    let value = body.get(name).and_then(Value::as_str).ok_or_else(|| invalid(name))?;
    storable(value, name)
}

pub fn flag(body: &Map<String, Value>, name: &str) -> Result<bool, Error> {
    body.get(name).and_then(Value::as_bool).ok_or_else(|| invalid(name))
}

pub fn texts<'a>(body: &'a Map<String, Value>, name: &str) -> Result<Vec<&'a str>, Error> {
    let list = body.get(name).and_then(Value::as_array).ok_or_else(|| invalid(name))?;
    let text = |item: &'a Value| storable(item.as_str().ok_or_else(|| invalid(name))?, name);
    list.iter().map(text).collect()
}

fn invalid(name: &str) -> Error {
    Error::BadInput(format!("Required parameter '{name}' is missing or has an invalid type"))
}

/// PostgreSQL keeps no text with a NUL: a Core need not bear what cannot be there.
fn storable<'a>(value: &'a str, name: &str) -> Result<&'a str, Error> {
    if value.contains('\0') {
        return Err(Error::BadInput(format!("Parameter '{name}' has a NUL in it")));
    }
    Ok(value)
}
