//! Answers of a Core: each call of its client, on answers that no Core gives.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use proptest::prelude::*;
use secrecy::SecretString;
use serde_json::{Value, json};
use supertokens::{
    core::{Core, CoreError},
    session::NewSession,
};
use tokio::{net::TcpListener, runtime::Runtime};

use super::{change, fuzz};

type Answer = Arc<Mutex<(u16, Vec<u8>)>>;

/// Where a Core of the test's own listens.
async fn start(answer: Answer) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let router = Router::new()
        .route("/apiversion", get(async || Json(json!({"versions": ["5.2"]}))))
        .fallback(async |State(answer): State<Answer>| {
            let (status, body) = answer.lock().unwrap_or_else(PoisonError::into_inner).clone();
            (StatusCode::from_u16(status).expect("a status"), body)
        })
        .with_state(answer);
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// As a Core answers, call by call.
fn answers() -> Vec<Value> {
    let user = json!({"id": "u", "isPrimaryUser": false, "timeJoined": 1_700_000_000_000_u64,
        "tenantIds": ["public"], "emails": ["a@example.com"], "phoneNumbers": [],
        "thirdParty": [{"id": "github", "userId": "1"}], "loginMethods": [{
            "recipeId": "emailpassword", "recipeUserId": "u", "tenantIds": ["public"],
            "email": "a@example.com", "verified": true, "timeJoined": 1_700_000_000_000_u64}]});
    let token = json!({"token": "t", "expiry": 1_800_000_000_000_u64, "createdTime": 1_700_000_000_000_u64});
    let session = json!({"handle": "h", "userId": "u", "recipeUserId": "u", "tenantId": "public",
        "userDataInJWT": {"a": 1}, "expiryTime": 1_800_000_000_000_u64});
    let more = |status: &str, rest: Value| {
        let mut answer = rest;
        answer["status"] = status.into();
        answer
    };
    vec![
        more("OK", json!({"user": user, "recipeUserId": "u", "createdNewUser": true})),
        more("OK", json!({"users": [user], "nextPaginationToken": "n", "count": 3})),
        more(
            "OK",
            json!({"session": session, "accessToken": token, "refreshToken": token,
            "idRefreshToken": token, "antiCsrfToken": "c"}),
        ),
        more(
            "OK",
            json!({"sessionHandle": "h", "sessionHandles": ["h"], "sessionHandlesRevoked": ["h"],
            "userId": "u", "userDataInDatabase": {}, "expiry": 1, "timeCreated": 2}),
        ),
        more(
            "OK",
            json!({"roles": ["a"], "permissions": ["p"], "users": ["u"], "token": "t",
            "email": "a@example.com", "isVerified": true, "sessionId": "s", "tags": ["x"]}),
        ),
        more("TOKEN_THEFT_DETECTED", json!({"session": session})),
        more("UNAUTHORISED", json!({"message": "m"})),
        more("TRY_REFRESH_TOKEN", json!({"message": "m"})),
        more("WRONG_CREDENTIALS_ERROR", json!({})),
        json!({"keys": [{"kty": "RSA", "kid": "d-1", "n": "AQAB", "e": "AQAB", "alg": "RS256", "use": "sig"}]}),
    ]
}

/// Every kind of call, whatever comes of it.
async fn call_all(core: &Core) -> [Result<(), CoreError>; 12] {
    let secret = || SecretString::from("x");
    let new = NewSession {
        user_id: "u",
        access_token_payload: json!({}),
        session_data: json!({}),
        enable_anti_csrf: false,
    };
    [
        core.sign_up("a@example.com", "secret123").await.map(drop),
        core.sign_in("a@example.com", "secret123").await.map(drop),
        core.users_by_email("a@example.com").await.map(drop),
        core.user("u").await.map(drop),
        core.create_session(new).await.map(drop),
        core.revoke_and_deny(&["h"]).await.map(drop),
        core.keys().await.map(drop),
        core.session_handles("u").await.map(drop),
        core.session_information("h").await.map(drop),
        core.roles().await.map(drop),
        core.role_users("r").await.map(drop),
        core.dashboard_session(&secret()).await.map(drop),
    ]
}

#[test]
fn no_answer_of_a_core_is_more_than_a_short_error() {
    let runtime = Runtime::new().expect("a runtime");
    let answer = Answer::default();
    let url = runtime.block_on(start(Arc::clone(&answer)));
    let core = Core::new(vec![url.parse().expect("a URL")], None).expect("a client");
    let texts = answers().iter().map(|answer| answer.to_string().into_bytes()).collect();
    let body = prop_oneof![
        3 => change::value(answers()).prop_map(|answer| answer.to_string().into_bytes()),
        1 => change::text(texts),
    ];
    let status =
        prop_oneof![6 => Just(200_u16), 1 => prop::sample::select(&[201_u16, 204, 400, 404][..])];
    fuzz(&runtime, &(status, body), async |(status, body)| {
        *answer.lock().unwrap_or_else(PoisonError::into_inner) = (status, body);
        for outcome in call_all(&core).await {
            let Err(error) = outcome else { continue };
            let text = error.to_string();
            prop_assert!(text.chars().count() < 400, "{text}");
            prop_assert!(!text.contains(char::is_control), "{text:?}");
        }
        Ok(())
    });
}
