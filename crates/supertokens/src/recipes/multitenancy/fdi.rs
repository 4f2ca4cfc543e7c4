//! Recipe Multitenancy, for the one tenant: which ways there are to sign in.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{
    backend::SuperTokens,
    recipes::multitenancy::first_factors::{EMAIL_PASSWORD, THIRD_PARTY},
};

/// `GET /loginmethods`: what a sign-in page can offer. While the Core is unavailable, all that is served here.
pub async fn login_methods(State(supertokens): State<SuperTokens>) -> Response {
    let factors = supertokens.first_factors().await.unwrap_or_else(|error| {
        tracing::warn!(%error, "the first factors of the tenant could not be fetched");
        supertokens.served_first_factors()
    });
    let has_providers = factors.contains(&THIRD_PARTY);
    let providers: Vec<Value> = supertokens
        .providers()
        .iter()
        .filter(|_| has_providers)
        .map(|provider| json!({"id": provider.id(), "name": provider.name()}))
        .collect();
    Json(json!({
        "status": "OK",
        "emailPassword": {"enabled": factors.contains(&EMAIL_PASSWORD)},
        "thirdParty": {"enabled": has_providers, "providers": providers},
        "passwordless": {"enabled": false},
        "firstFactors": factors,
    }))
    .into_response()
}
