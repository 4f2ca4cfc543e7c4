//! The body of a request: one operation, by its text or by the hash of a document.

use std::collections::BTreeMap;

use async_graphql::{Request, Value, Variables, value};
use serde::Deserialize;

use super::documents::PERSISTED_QUERY;
use crate::error::ApiError;

/// What follows the algorithm in a document's id (GraphQL over HTTP, Persisted Documents).
const SHA256: &str = "sha256:";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(default)]
    query: Option<String>,
    #[serde(default)]
    document_id: Option<String>,
    #[serde(default)]
    operation_name: Option<String>,
    #[serde(default)]
    variables: Variables,
    #[serde(default)]
    extensions: Option<BTreeMap<String, Value>>,
}

/// Reads one operation. A batch is rejected: it would multiply the limits.
pub fn parse(body: &[u8]) -> Result<Request, ApiError> {
    let is_batch = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    if is_batch {
        return Err(ApiError::BadRequest(
            "Batching is disabled. Send one operation per request.".into(),
        ));
    }
    request(serde_json::from_slice(body))
}

/// As [`parse`], for the payload of a `subscribe` message.
pub fn from_json(body: serde_json::Value) -> Result<Request, ApiError> {
    request(serde_json::from_value(body))
}

fn request(body: serde_json::Result<Body>) -> Result<Request, ApiError> {
    let body = body.map_err(|error| {
        ApiError::BadRequest(format!("The body is not a GraphQL request: {error}."))
    })?;
    let by_extension =
        body.extensions.and_then(|mut extensions| extensions.remove(PERSISTED_QUERY));
    let by_id = body.document_id.map(|id| {
        let hash = id.strip_prefix(SHA256).unwrap_or(&id);
        value!({"version": 1, "sha256Hash": hash})
    });
    // Both forms are one from here on.
    let persisted = by_extension.or(by_id);
    if body.query.is_none() && persisted.is_none() {
        return Err(ApiError::BadRequest(
            "The body has no operation. Send its text as `query`, or the id of a document as `documentId`.".into(),
        ));
    }
    let mut request = Request::new(body.query.unwrap_or_default()).variables(body.variables);
    // Many clients send an empty name for an operation without one.
    request.operation_name = body.operation_name.filter(|name| !name.is_empty());
    if let Some(persisted) = persisted {
        request.extensions.insert(PERSISTED_QUERY.into(), persisted);
    }
    Ok(request)
}
