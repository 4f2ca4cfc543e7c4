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
    Json(json!({
        "status": "OK",
        "emailPassword": {"enabled": true},
        "thirdParty": {"enabled": !providers.is_empty(), "providers": providers},
        "passwordless": {"enabled": false},
        "firstFactors": first_factors(&supertokens),
    }))
    .into_response()
}

/// With what a sign-in can begin.
pub fn first_factors(supertokens: &SuperTokens) -> Vec<&'static str> {
    let mut factors = vec!["emailpassword"];
    if supertokens.providers().iter().next().is_some() {
        factors.push("thirdparty");
    }
    factors
}
