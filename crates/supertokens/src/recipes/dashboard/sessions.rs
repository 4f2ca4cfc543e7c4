//! A user's sessions: see them, end them.

use axum::{
    Json,
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{
    backend::SuperTokens,
    core::TENANT,
    error::Error,
    recipes::dashboard::{
        input::{self, Params},
        user::status,
    },
    routes::JsonObject,
    session::cdi::SessionInformation,
};

/// `GET /dashboard/api/user/sessions?userId=`: oldest first.
pub async fn list(
    State(supertokens): State<SuperTokens>,
    Query(params): Query<Params>,
) -> Result<Response, Error> {
    let sessions = supertokens.sessions().of_user(params.required("userId")?).await?;
    let sessions: Vec<_> = sessions.iter().map(shown).collect();
    Ok(Json(json!({"status": "OK", "sessions": sessions})).into_response())
}

/// `POST /dashboard/api/user/sessions`: ends those of `sessionHandles`. Fine, too, for one that is
/// not there.
pub async fn revoke(
    State(supertokens): State<SuperTokens>,
    JsonObject(body): JsonObject,
) -> Result<Response, Error> {
    let handles = input::texts(&body, "sessionHandles")?;
    supertokens.core().revoke_and_deny(&handles).await?;
    Ok(status("OK"))
}

fn shown(session: &SessionInformation) -> Value {
    json!({
        "sessionHandle": session.session_handle,
        "userId": session.user_id,
        "recipeUserId": {"recipeUserId": session.recipe_user_id},
        "tenantId": TENANT,
        "timeCreated": session.time_created,
        "expiry": session.expiry,
        "accessTokenPayload": session.access_token_payload,
        "sessionDataInDatabase": session.session_data,
    })
}
