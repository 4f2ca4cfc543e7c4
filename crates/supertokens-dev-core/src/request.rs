//! Extractors for what a CDI request carries, with the Core's own words for what is missing.

use std::{borrow::Cow, collections::HashMap, convert::Infallible};

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header::CONTENT_TYPE, request::Parts},
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
        let charset = Charset::of(request.headers()).map_err(IntoResponse::into_response)?;
        let body =
            Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        serde_json::from_str(&charset.decode(&body))
            .map(Self)
            .map_err(|_| Error::bad_request("Invalid Json Input").into_response())
    }
}

/// How the bytes of a body become text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Charset {
    Utf8,
    /// What a servlet reads without a charset (Jakarta Servlet 6.0, 3.12), JSON or not.
    Iso88591,
}

impl Charset {
    /// The parameter `charset` of the media type (RFC 9110, 8.3.2).
    fn of(headers: &HeaderMap) -> Result<Self> {
        let media_type = headers.get(CONTENT_TYPE).map_or(&[][..], |value| value.as_bytes());
        let media_type = String::from_utf8_lossy(media_type);
        let mut parameters = media_type.split(';').skip(1).filter_map(|text| text.split_once('='));
        match parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset")) {
            None => Ok(Self::Iso88591),
            Some((_, name)) if name.trim().trim_matches('"').eq_ignore_ascii_case("utf-8") => {
                Ok(Self::Utf8)
            }
            Some((_, name)) => Err(Error::Charset(name.trim().to_owned())),
        }
    }

    fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        match self {
            Self::Utf8 => String::from_utf8_lossy(bytes),
            // Its 256 characters are the first of Unicode.
            Self::Iso88591 => bytes.iter().copied().map(char::from).collect(),
        }
    }
}
