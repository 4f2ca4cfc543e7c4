//! What the Core says of itself and of its one tenant.

use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{answer::Answer, error::Error};

/// The one tenant that exists.
pub(super) const TENANT: &str = "public";

/// GET `/hello`
pub(super) async fn hello() -> &'static str {
    "Hello\n"
}

/// GET `/recipe/multitenancy/tenant/v2`
pub(super) async fn tenant() -> Answer {
    Answer::ok(shown())
}

/// GET `/recipe/multitenancy/tenant/list/v2`
pub(super) async fn tenants() -> Answer {
    Answer::ok(json!({ "tenants": [shown()] }))
}

fn shown() -> Value {
    json!({
        "tenantId": TENANT,
        "thirdParty": { "providers": [] },
        "coreConfig": {},
    })
}

/// The tenant that `path` asks for, if it looks like a path of the CDI with another tenant before
/// it.
pub(super) fn tenant_of(path: &str) -> Option<&str> {
    let is_resource = |segment: &str| matches!(segment, "recipe" | "user" | "users");
    let path = path.strip_prefix("/appid-public").unwrap_or(path);
    let (tenant, rest) = path.strip_prefix('/')?.split_once('/')?;
    let resource = rest.split('/').next()?;
    (tenant != TENANT && !is_resource(tenant) && is_resource(resource)).then_some(tenant)
}

/// The answer at a path of `tenant`, who does not exist: an expected one to who asks just that.
pub(super) fn unknown(tenant: &str, path: &str) -> Response {
    if path.ends_with("/recipe/multitenancy/tenant/v2") {
        return Answer::status("TENANT_NOT_FOUND_ERROR").into_response();
    }
    Error::bad_request(format!(
        "AppId or tenantId not found => Tenant with the following connectionURIDomain, appId and \
         tenantId combination not found: (, public, {tenant})"
    ))
    .into_response()
}
