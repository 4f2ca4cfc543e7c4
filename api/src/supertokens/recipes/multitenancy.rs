//! Recipe Multitenancy, for the one tenant: which ways there are to sign in.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::super::SuperTokens;

/// `GET /loginmethods`: what a sign-in page can offer.
pub async fn login_methods(State(supertokens): State<SuperTokens>) -> Response {
    let providers: Vec<Value> = supertokens
        .providers()
        .iter()
        .map(|provider| json!({"id": provider.id(), "name": provider.name()}))
        .collect();
    let with_providers = !providers.is_empty();
    let mut first_factors = vec!["emailpassword"];
    if with_providers {
        first_factors.push("thirdparty");
    }
    Json(json!({
        "status": "OK",
        "emailPassword": {"enabled": true},
        "thirdParty": {"enabled": with_providers, "providers": providers},
        "passwordless": {"enabled": false},
        "firstFactors": first_factors,
    }))
    .into_response()
}
