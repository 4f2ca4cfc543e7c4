//! Sessions: tabs, theft, expiry, simultaneous use.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::future::join_all;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::core::TestCore;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

fn payload(tokens: &Value) -> Value {
    let token = tokens["accessToken"]["token"].as_str().expect("an access token");
    let payload = token.split('.').nth(1).expect("a payload");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64")).expect("JSON")
}

fn refresh_token_hash(tokens: &Value) -> String {
    let token = tokens["refreshToken"]["token"].as_str().expect("a refresh token");
    hex::encode(Sha256::digest(token))
}

#[tokio::test]
async fn access_token_names_its_refresh_token_and_the_parent() {
    let core = TestCore::start().await;
    let first = core.create_session("someone").await;
    let second = core.refresh(&first).await;

    assert_eq!(payload(&first)["refreshTokenHash1"], refresh_token_hash(&first));
    assert_eq!(payload(&first)["parentRefreshTokenHash1"], Value::Null);
    assert_eq!(payload(&second)["refreshTokenHash1"], refresh_token_hash(&second));
    assert_eq!(payload(&second)["parentRefreshTokenHash1"], refresh_token_hash(&first));
}

#[tokio::test]
async fn two_tabs_may_refresh_with_one_token() {
    let core = TestCore::start().await;
    let parent = core.create_session("someone").await;
    let tab_1 = core.refresh(&parent).await;
    let tab_2 = core.refresh(&parent).await;
    assert_eq!((&tab_1["status"], &tab_2["status"]), (&json!("OK"), &json!("OK")));

    let checked = core.verify(&tab_1).await;
    assert_eq!(payload(&checked)["parentRefreshTokenHash1"], Value::Null);
    let checked = core.verify(&tab_2).await;
    assert_eq!((&checked["status"], &checked["accessToken"]), (&json!("OK"), &Value::Null));
}

#[tokio::test]
async fn a_spent_refresh_token_is_theft_once_its_child_is_used() {
    let core = TestCore::start().await;
    let parent = core.create_session("someone").await;
    let child = core.refresh(&parent).await;
    let other_child = core.refresh(&parent).await;
    assert_eq!(core.refresh(&child).await["status"], "OK");

    for stolen in [&parent, &other_child] {
        let answer = core.refresh(stolen).await;
        assert_eq!(answer["status"], "TOKEN_THEFT_DETECTED");
        assert_eq!(
            answer["session"],
            json!({
                "handle": parent["session"]["handle"],
                "userId": "someone",
                "recipeUserId": "someone",
            })
        );
    }
    // What becomes of the session is the backend's business.
    assert_eq!(core.refresh(&child).await["status"], "OK");
}

#[tokio::test]
async fn altered_refresh_tokens_are_refused() {
    let core = TestCore::start().await;
    let mut tokens = core.create_session("someone").await;
    let token = tokens["refreshToken"]["token"].as_str().expect("a token").to_owned();
    let (first, rest) = token.split_at(1);
    let other = if first == "A" { "B" } else { "A" };
    for altered in [format!("{other}{rest}"), ".V2".to_owned(), token.replace(".V2", ".V1")] {
        tokens["refreshToken"]["token"] = altered.into();
        assert_eq!(core.refresh(&tokens).await["status"], "UNAUTHORISED");
    }
}

#[tokio::test]
async fn simultaneous_refreshes_of_many_sessions_lose_none() {
    let core = TestCore::start().await;
    let sessions =
        join_all((0..200).map(async |number| core.create_session(&format!("user-{number}")).await))
            .await;
    let children = join_all(sessions.iter().map(|session| core.refresh(session))).await;
    let grandchildren = join_all(children.iter().map(|session| core.refresh(session))).await;
    for (session, tokens) in sessions.iter().zip(&grandchildren) {
        assert_eq!(tokens["status"], "OK");
        assert_eq!(tokens["session"], session["session"]);
    }
}

#[tokio::test]
async fn of_simultaneous_uses_of_several_children_one_wins() {
    let core = TestCore::start().await;
    for _ in 0..10 {
        let parent = core.create_session("someone").await;
        let children = join_all((0..8).map(|_| core.refresh(&parent))).await;
        let answers = join_all(children.iter().map(|child| core.refresh(child))).await;
        let statuses = answers.iter().map(|answer| answer["status"].as_str().expect("a status"));
        let (won, lost): (Vec<_>, Vec<_>) = statuses.partition(|status| *status == "OK");
        assert_eq!((won.len(), lost), (1, vec!["TOKEN_THEFT_DETECTED"; 7]));
    }
}

#[tokio::test]
async fn an_expired_access_token_asks_for_a_refresh() {
    let core = TestCore::start().await;
    let tokens = core.create_session("someone").await;
    core.clock.advance(HOUR - 1000);
    assert_eq!(core.verify(&tokens).await["status"], "OK");
    core.clock.advance(1000);
    assert_eq!(core.verify(&tokens).await["status"], "TRY_REFRESH_TOKEN");
    assert_eq!(core.refresh(&tokens).await["status"], "OK");
}

#[tokio::test]
async fn use_of_a_child_starts_the_session_time_anew() {
    let core = TestCore::start().await;
    let tokens = core.create_session("someone").await;
    core.clock.advance(99 * DAY);
    let child = core.refresh(&tokens).await;
    let grandchild = core.refresh(&child).await;
    core.clock.advance(99 * DAY);
    let tokens = core.refresh(&grandchild).await;
    assert_eq!(tokens["status"], "OK");

    core.clock.advance(100 * DAY);
    let expected =
        json!({ "status": "UNAUTHORISED", "message": "Session missing in db or has expired" });
    assert_eq!(core.refresh(&tokens).await, expected);
}

#[tokio::test]
async fn regenerated_access_token_has_the_new_data_and_the_old_end() {
    let core = TestCore::start().await;
    let tokens = core.create_session("someone").await;
    core.clock.advance(60_000);
    let body = json!({
        "accessToken": tokens["accessToken"]["token"],
        "userDataInJWT": { "plan": "pro" },
    });
    let regenerated = core.post("/recipe/session/regenerate", body.clone()).await;
    assert_eq!(payload(&regenerated)["plan"], "pro");
    assert_eq!(payload(&regenerated)["exp"], payload(&tokens)["exp"]);

    core.clock.advance(HOUR);
    let regenerated = core.post("/recipe/session/regenerate", body).await;
    assert_eq!(regenerated["status"], "OK");
    assert_eq!(regenerated["accessToken"], Value::Null);
}

#[tokio::test]
async fn anti_csrf_token_is_demanded_when_asked_for() {
    let core = TestCore::start().await;
    let session = json!({
        "userId": "someone",
        "userDataInJWT": {},
        "userDataInDatabase": {},
        "enableAntiCsrf": true,
    });
    let tokens = core.post("/recipe/session", session).await;
    let verify = async |anti_csrf_token: &Value| {
        let body = json!({
            "accessToken": tokens["accessToken"]["token"],
            "antiCsrfToken": anti_csrf_token,
            "doAntiCsrfCheck": true,
            "enableAntiCsrf": true,
            "checkDatabase": false,
        });
        core.post("/recipe/session/verify", body).await["status"].clone()
    };
    assert_eq!(verify(&tokens["antiCsrfToken"]).await, "OK");
    assert_eq!(verify(&json!("wrong")).await, "TRY_REFRESH_TOKEN");
    assert_eq!(verify(&Value::Null).await, "TRY_REFRESH_TOKEN");
}

#[tokio::test]
async fn user_data_may_not_pass_for_the_cores_own_claims() {
    let core = TestCore::start().await;
    let body = json!({
        "userId": "someone",
        "userDataInJWT": { "sub": "someone else" },
        "userDataInDatabase": {},
        "enableAntiCsrf": false,
    });
    let answer = core.post("/recipe/session", body).await;
    assert_eq!(answer, "The user payload contains protected field\n");
}
