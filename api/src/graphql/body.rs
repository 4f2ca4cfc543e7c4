//! The body of a request: one operation, by its text or by the hash of a document.

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
    extensions: Option<Extensions>,
}

/// Others are for other servers.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Extensions {
    #[serde(default)]
    persisted_query: Option<Value>,
}

/// Reads one operation. A batch is refused: it would multiply what the limits allow.
pub fn parse(body: &[u8]) -> Result<Request, ApiError> {
    let is_batch = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    if is_batch {
        return Err(ApiError::BadRequest("Send one operation a request: batches are off.".into()));
    }
    let body: Body = serde_json::from_slice(body).map_err(|error| {
        ApiError::BadRequest(format!("The body is no GraphQL request: {error}."))
    })?;
    let mut request = Request::new(body.query.unwrap_or_default()).variables(body.variables);
    request.operation_name = body.operation_name;
    let by_extension = body.extensions.and_then(|extensions| extensions.persisted_query);
    let by_id = body.document_id.map(|id| {
        let hash = id.strip_prefix(SHA256).unwrap_or(&id);
        value!({"version": 1, "sha256Hash": hash})
    });
    // Both forms are one from here on.
    if let Some(persisted) = by_extension.or(by_id) {
        request.extensions.insert(PERSISTED_QUERY.into(), persisted);
    }
    Ok(request)
}
