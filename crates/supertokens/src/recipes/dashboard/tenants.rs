//! The one tenant, and the ways in that it offers.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{backend::SuperTokens, core::TENANT, error::Error};

/// `GET /dashboard/api/tenants`
pub async fn list(State(supertokens): State<SuperTokens>) -> Result<Response, Error> {
    let first_factors = supertokens.first_factors().await?;
    let tenant = json!({"tenantId": TENANT, "firstFactors": first_factors});
    Ok(Json(json!({"status": "OK", "tenants": [tenant]})).into_response())
}
