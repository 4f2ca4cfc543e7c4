//! What others need to check our tokens: the public keys and where they are.

use axum::{
    Json,
    extract::State,
    http::{HeaderName, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{backend::SuperTokens, error::Error};

/// Anyone may read these: they are public, and databases and services fetch them.
const ANYONE: (HeaderName, &str) = (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");

/// `GET /jwt/jwks.json` (RFC 7517, 5)
pub async fn jwks(State(supertokens): State<SuperTokens>) -> Result<Response, Error> {
    let (keys, max_age) = supertokens.0.jwks.published().await?;
    let kept = format!("max-age={max_age}, must-revalidate");
    Ok(([ANYONE], [(header::CACHE_CONTROL, kept)], Json(keys)).into_response())
}

/// `GET /.well-known/openid-configuration` (OpenID Connect Discovery 1.0, 4)
pub async fn configuration(State(supertokens): State<SuperTokens>) -> Response {
    let issuer = supertokens.issuer();
    let body = json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/jwt/jwks.json"),
        "authorization_endpoint": format!("{issuer}/oauth/auth"),
        "token_endpoint": format!("{issuer}/oauth/token"),
        "userinfo_endpoint": format!("{issuer}/oauth/userinfo"),
        "revocation_endpoint": format!("{issuer}/oauth/revoke"),
        "token_introspection_endpoint": format!("{issuer}/oauth/introspect"),
        "end_session_endpoint": format!("{issuer}/oauth/end_session"),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "id_token token"],
    });
    ([ANYONE], Json(body)).into_response()
}
