//! What the Core says of itself and of its one tenant.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use serde_json::{Map, Value, json};

use super::{
    ACCESS_TOKEN_VALIDITY, Core, REFRESH_TOKEN_VALIDITY,
    answer::Answer,
    error::{self, Error, Result},
};

/// The one app that exists, and its one tenant.
const PUBLIC: &str = "public";
pub(super) const TENANT: &str = PUBLIC;

/// GET `/hello`
pub(super) async fn hello() -> Response {
    error::text(StatusCode::OK, "Hello")
}

/// GET `/recipe/multitenancy/tenant/v2`
pub(super) async fn tenant(State(core): State<Arc<Core>>) -> Answer {
    Answer::ok(shown(&core))
}

/// GET `/recipe/multitenancy/tenant/list/v2`
pub(super) async fn tenants(State(core): State<Arc<Core>>) -> Answer {
    Answer::ok(json!({ "tenants": [shown(&core)] }))
}

fn shown(core: &Core) -> Value {
    json!({
        "tenantId": TENANT,
        "thirdParty": { "providers": [] },
        "coreConfig": core_config(core),
    })
}

/// The settings that are not the Core's defaults, in its units: seconds, and minutes for the refresh token.
fn core_config(core: &Core) -> Value {
    let mut config = Map::new();
    if core.access_token_validity != ACCESS_TOKEN_VALIDITY {
        config.insert(
            "access_token_validity".to_owned(),
            core.access_token_validity.as_secs().into(),
        );
    }
    if core.refresh_token_validity != REFRESH_TOKEN_VALIDITY {
        let minutes = core.refresh_token_validity.as_secs_f64() / 60.0;
        config.insert("refresh_token_validity".to_owned(), minutes.into());
    }
    Value::Object(config)
}

/// Routes that belong to the app: no tenant has them (`enforcePublicTenant` in `supertokens-core`).
const OF_APP: [&str; 21] = [
    "apiversion",
    "user/id",
    "user/remove",
    "recipe/accountlinking/user/link",
    "recipe/accountlinking/user/primary",
    "recipe/dashboard/session",
    "recipe/dashboard/session/verify",
    "recipe/dashboard/signin",
    "recipe/dashboard/user",
    "recipe/dashboard/users",
    "recipe/permission/roles",
    "recipe/role",
    "recipe/role/permissions",
    "recipe/role/permissions/remove",
    "recipe/role/remove",
    "recipe/roles",
    "recipe/session/user",
    "recipe/user",
    "recipe/user/email/verify/remove",
    "recipe/user/metadata",
    "recipe/user/metadata/remove",
];

/// An app or a tenant that does not exist, and a path below it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unknown<'a> {
    App { app: &'a str, tenant: &'a str },
    Tenant { tenant: &'a str, path: &'a str },
}

impl<'a> Unknown<'a> {
    /// What `path` names, if it looks like a path of the CDI.
    pub(super) fn of(path: &'a str) -> Option<Self> {
        let path = path.strip_prefix('/')?;
        let (app, path) = match path.strip_prefix("appid-") {
            Some(path) => path.split_once('/')?,
            None => (PUBLIC, path),
        };
        let (tenant, path) = if is_resource(path) { (PUBLIC, path) } else { path.split_once('/')? };
        match (app, tenant) {
            _ if !is_resource(path) => None,
            (PUBLIC, PUBLIC) => None,
            (PUBLIC, tenant) => Some(Self::Tenant { tenant, path }),
            (app, tenant) => Some(Self::App { app, tenant }),
        }
    }

    pub(super) fn answer(self) -> Result<Answer> {
        let (app, tenant) = match self {
            Self::App { app, tenant } => (app, tenant),
            // An expected answer to the caller who asks just that.
            Self::Tenant { path: "recipe/multitenancy/tenant/v2", .. } => {
                return Ok(Answer::status("TENANT_NOT_FOUND_ERROR"));
            }
            Self::Tenant { path, .. } if OF_APP.contains(&path) => return Err(Error::OnlyForApp),
            Self::Tenant { tenant, .. } => (PUBLIC, tenant),
        };
        Err(Error::bad_request(format!(
            "AppId or tenantId not found => Tenant with the following connectionURIDomain, appId and \
             tenantId combination not found: (, {app}, {tenant})"
        )))
    }
}

/// Whether a path begins as those of the CDI do.
fn is_resource(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or_default();
    matches!(first, "recipe" | "user" | "users" | "hello" | "apiversion" | ".well-known")
}
