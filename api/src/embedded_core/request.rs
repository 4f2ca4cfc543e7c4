//! Extractors for what a CDI request carries, with the Core's own words for what is missing.

use std::{collections::HashMap, convert::Infallible};

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::request::Parts,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::error::{Error, Result};

/// The query string; of a repeated name the first value counts.
pub(super) struct Params(HashMap<String, String>);

impl Params {
    pub(super) fn text(&self, name: &str) -> Result<&str> {
        self.optional(name).ok_or_else(|| {
            Error::bad_request(format!("Field name '{name}' is missing in GET request"))
        })
    }

    pub(super) fn optional(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.optional(name) == Some("true")
    }

    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>> {
        self.optional(name)
            .map(|text| {
                text.parse().map_err(|_| {
                    Error::bad_request(format!(
                        "Field name '{name}' must be an int in the GET request"
                    ))
                })
            })
            .transpose()
    }
}

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        _: &S,
    ) -> std::result::Result<Self, Self::Rejection> {
        let mut params = HashMap::new();
        let query = parts.uri.query().unwrap_or_default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()).into_owned() {
            params.entry(name).or_insert(value);
        }
        Ok(Self(params))
    }
}

/// The fields of a JSON body. A field that is null counts as missing.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    pub(super) fn text(&self, name: &str) -> Result<&str> {
        self.required(name, Value::as_str)
    }

    pub(super) fn optional_text(&self, name: &str) -> Result<Option<&str>> {
        self.optional(name, Value::as_str)
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool> {
        self.required(name, Value::as_bool)
    }

    pub(super) fn optional_flag(&self, name: &str) -> Result<Option<bool>> {
        self.optional(name, Value::as_bool)
    }

    pub(super) fn object(&self, name: &str) -> Result<&Map<String, Value>> {
        self.required(name, Value::as_object)
    }

    pub(super) fn optional_object(&self, name: &str) -> Result<Option<&Map<String, Value>>> {
        self.optional(name, Value::as_object)
    }

    pub(super) fn optional_texts(&self, name: &str) -> Result<Option<Vec<String>>> {
        self.optional(name, |value| {
            value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
        })
    }

    fn required<'a, T>(
        &'a self,
        name: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<T> {
        self.optional(name, read)?.ok_or_else(|| invalid(name))
    }

    fn optional<'a, T>(
        &'a self,
        name: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => read(value).map(Some).ok_or_else(|| invalid(name)),
        }
    }
}

/// The Core's error for a field that is missing or of another type.
pub(super) fn invalid(name: &str) -> Error {
    Error::bad_request(format!("Field name '{name}' is invalid in JSON input"))
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Response;

    async fn from_request(
        request: Request,
        state: &S,
    ) -> std::result::Result<Self, Self::Rejection> {
        let body =
            Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        serde_json::from_slice(&body)
            .map(Self)
            .map_err(|_| Error::bad_request("Invalid Json Input").into_response())
    }
}
