//! Users, and the tokens that reach them by email.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::core::TestCore;

const HOUR: i64 = 3_600_000;

fn count(answers: &[Value], status: &str) -> usize {
    answers.iter().filter(|answer| answer["status"] == status).count()
}

#[tokio::test]
async fn simultaneous_sign_ups_of_one_email_make_one_user() {
    let core = TestCore::start().await;
    let body = json!({ "email": "ada@example.com", "password": "secret123" });
    let answers = join_all((0..20).map(|_| core.post("/recipe/signup", body.clone()))).await;
    assert_eq!(count(&answers, "OK"), 1);
    assert_eq!(count(&answers, "EMAIL_ALREADY_EXISTS_ERROR"), 19);
    assert_eq!(core.get("/users/count").await["count"], 1);
}

#[tokio::test]
async fn simultaneous_third_party_sign_ins_make_one_user() {
    let core = TestCore::start().await;
    let body = json!({
        "thirdPartyId": "github",
        "thirdPartyUserId": "1",
        "email": { "id": "ada@example.com", "isVerified": true },
    });
    let answers = join_all((0..20).map(|_| core.post("/recipe/signinup", body.clone()))).await;
    assert_eq!(count(&answers, "OK"), 20);
    assert_eq!(answers.iter().filter(|answer| answer["createdNewUser"] == true).count(), 1);
    assert_eq!(core.get("/users/count").await["count"], 1);
}

#[tokio::test]
async fn third_party_user_takes_the_email_that_the_provider_gives_last() {
    let core = TestCore::start().await;
    let sign_in = async |email: &str| {
        let body = json!({
            "thirdPartyId": "github",
            "thirdPartyUserId": "1",
            "email": { "id": email, "isVerified": true },
        });
        core.post("/recipe/signinup", body).await
    };
    let first = sign_in("old@example.com").await;
    let second = sign_in("new@example.com").await;
    assert_eq!(second["createdNewUser"], false);
    assert_eq!(second["recipeUserId"], first["recipeUserId"]);
    assert_eq!(second["user"]["emails"], json!(["new@example.com"]));
}

#[tokio::test]
async fn an_email_can_not_be_changed_to_that_of_another_user() {
    let core = TestCore::start().await;
    core.sign_up("ada@example.com").await;
    let grace = core.sign_up("grace@example.com").await;
    let body = json!({ "recipeUserId": grace, "email": "ada@example.com" });
    assert_eq!(core.put("/recipe/user", body).await["status"], "EMAIL_ALREADY_EXISTS_ERROR");
    let body = json!({ "recipeUserId": "nobody", "email": "other@example.com" });
    assert_eq!(core.put("/recipe/user", body).await["status"], "UNKNOWN_USER_ID_ERROR");
}

#[tokio::test]
async fn of_simultaneous_uses_of_a_reset_token_one_counts() {
    let core = TestCore::start().await;
    let user = core.sign_up("ada@example.com").await;
    let body = json!({ "userId": user, "email": "ada@example.com" });
    let token = core.post("/recipe/user/password/reset/token", body).await["token"].clone();
    let body = json!({ "method": "token", "token": token });
    let consume = || core.post("/recipe/user/password/reset/token/consume", body.clone());
    let answers = join_all((0..10).map(|_| consume())).await;
    assert_eq!(count(&answers, "OK"), 1);
    assert_eq!(count(&answers, "RESET_PASSWORD_INVALID_TOKEN_ERROR"), 9);
}

#[tokio::test]
async fn of_simultaneous_uses_of_a_verification_token_one_counts() {
    let core = TestCore::start().await;
    let body = json!({ "userId": "someone", "email": "ada@example.com" });
    let token = core.post("/recipe/user/email/verify/token", body).await["token"].clone();
    let body = json!({ "method": "token", "token": token });
    let verify = || core.post("/recipe/user/email/verify", body.clone());
    let answers = join_all((0..10).map(|_| verify())).await;
    assert_eq!(count(&answers, "OK"), 1);
}

#[tokio::test]
async fn tokens_by_email_expire() {
    let core = TestCore::start().await;
    let user = core.sign_up("ada@example.com").await;
    let body = json!({ "userId": user, "email": "ada@example.com" });
    let reset = core.post("/recipe/user/password/reset/token", body.clone()).await;
    let verification = core.post("/recipe/user/email/verify/token", body).await;

    core.clock.advance(HOUR);
    let body = json!({ "token": reset["token"] });
    let answer = core.post("/recipe/user/password/reset/token/consume", body).await;
    assert_eq!(answer["status"], "RESET_PASSWORD_INVALID_TOKEN_ERROR");

    core.clock.advance(23 * HOUR);
    let body = json!({ "method": "token", "token": verification["token"] });
    let answer = core.post("/recipe/user/email/verify", body).await;
    assert_eq!(answer["status"], "EMAIL_VERIFICATION_INVALID_TOKEN_ERROR");
}

#[tokio::test]
async fn pages_cover_every_user_once_even_of_one_millisecond() {
    let core = TestCore::start().await;
    let mut joined = Vec::new();
    for number in 0..5 {
        joined.push(core.sign_up(&format!("{number}@example.com")).await);
    }
    joined.sort_unstable();
    for order in ["ASC", "DESC"] {
        let mut path = format!("/users?limit=2&timeJoinedOrder={order}");
        let mut seen = Vec::new();
        loop {
            let page = core.get(&path).await;
            let users = page["users"].as_array().expect("users");
            seen.extend(users.iter().map(|user| user["id"].as_str().expect("an id").to_owned()));
            let Some(token) = page["nextPaginationToken"].as_str() else {
                break;
            };
            path = format!("/users?limit=2&timeJoinedOrder={order}&paginationToken={token}");
        }
        assert_eq!(seen.len(), 5);
        seen.sort_unstable();
        assert_eq!(seen, joined);
    }
}

#[tokio::test]
async fn a_removed_user_takes_sessions_and_roles_along() {
    let core = TestCore::start().await;
    let user = core.sign_up("ada@example.com").await;
    let tokens = core.create_session(&user).await;
    core.put("/recipe/role", json!({ "role": "admin", "permissions": [] })).await;
    core.put("/recipe/user/role", json!({ "userId": user, "role": "admin" })).await;

    core.post("/user/remove", json!({ "userId": user })).await;
    assert_eq!(core.refresh(&tokens).await["status"], "UNAUTHORISED");
    assert_eq!(core.get("/recipe/role/users?role=admin").await["users"], json!([]));
    let body = json!({ "email": "ada@example.com", "password": "secret123" });
    assert_eq!(core.post("/recipe/signin", body).await["status"], "WRONG_CREDENTIALS_ERROR");
}

#[tokio::test]
async fn users_have_passkeys_for_who_knows_of_them() {
    let core = TestCore::start().await;
    let id = core.sign_up("ada@example.com").await;
    let credentials = json!({ "email": "ada@example.com", "password": "secret123" }).to_string();
    let (by_id, by_email) =
        (format!("/user/id?userId={id}"), "/users/by-accountinfo?email=ada@example.com");
    for (version, has_passkeys) in [("5.2", false), ("5.3", true), ("5.4", true)] {
        let headers = [("cdi-version", version)];
        let get = async |path: &str| core.send("GET", path, &headers, String::new()).await.body;
        let signed_in = core.send("POST", "/recipe/signin", &headers, credentials.clone()).await;
        for user in [
            &signed_in.body["user"],
            &get(&by_id).await["user"],
            &get(by_email).await["users"][0],
            &get("/users").await["users"][0],
        ] {
            assert_eq!(user["id"], id);
            let none = json!({ "credentialIds": [] });
            assert_eq!(user.get("webauthn"), has_passkeys.then_some(&none), "{version}");
        }
    }
    // Who names no version means the newest.
    assert!(core.get(&by_id).await["user"].get("webauthn").is_some());
    let by_passkey = core.get(&format!("{by_email}&webauthnCredentialId=key")).await;
    assert_eq!(by_passkey["users"], json!([]));
}

#[tokio::test]
async fn simultaneous_updates_of_metadata_lose_none() {
    let core = TestCore::start().await;
    let put = async |update: Value| {
        let body = json!({ "userId": "ada", "metadataUpdate": update });
        core.put("/recipe/user/metadata", body).await
    };
    join_all((0..20).map(|n| put(json!({ n.to_string(): n })))).await;
    let gone = put(json!({ "0": null, "1": { "new": true } })).await;
    let metadata = gone["metadata"].as_object().expect("an object");
    assert_eq!((metadata.len(), &metadata["1"]), (19, &json!({ "new": true })));
    assert_eq!(core.get("/recipe/user/metadata?userId=ada").await, gone);
}
