//! The one tenant, and the ways in that it offers.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::supertokens::{SuperTokens, TENANT, recipes::multitenancy};

/// `GET /dashboard/api/tenants`
pub async fn list(State(supertokens): State<SuperTokens>) -> Response {
    let first_factors = multitenancy::first_factors(&supertokens);
    let tenant = json!({"tenantId": TENANT, "firstFactors": first_factors});
    Json(json!({"status": "OK", "tenants": [tenant]})).into_response()
}
