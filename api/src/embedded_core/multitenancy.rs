//! What the Core says of itself: its versions and its one tenant.

use serde_json::json;

use super::{answer::Answer, error::Error};

/// The one tenant that exists.
pub(super) const TENANT: &str = "public";

/// The CDI versions that `supertokens-core` 10.0 accepts, in its order. Answers have the shape of
/// the newest, 5.2, whichever is asked for.
pub(super) const VERSIONS: [&str; 21] = [
    "2.14", "2.13", "2.12", "2.11", "2.10", "2.21", "2.20", "2.19", "2.18", "2.17", "3.0", "2.16",
    "3.1", "4.0", "2.15", "5.0", "5.1", "5.2", "2.7", "2.8", "2.9",
];

/// GET `/apiversion`
pub(super) async fn versions() -> Answer {
    Answer::bare(json!({ "versions": VERSIONS }))
}

/// GET `/hello`
pub(super) async fn hello() -> &'static str {
    "Hello\n"
}

/// GET `/recipe/multitenancy/tenant/v2`
pub(super) async fn tenant() -> Answer {
    Answer::ok(json!({
        "tenantId": TENANT,
        "thirdParty": { "providers": [] },
        "coreConfig": {},
    }))
}

/// POST `/recipe/dashboard/signin`: there are no dashboard users.
pub(super) async fn dashboard_sign_in() -> Answer {
    Answer::status("INVALID_CREDENTIALS_ERROR")
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

pub(super) fn unknown(tenant: &str) -> Error {
    Error::bad_request(format!(
        "AppId or tenantId not found => Tenant with the following connectionURIDomain, appId and \
         tenantId combination not found: (, public, {tenant})"
    ))
}
