//! Several backends on one Core, and one whose address changed: each accepts the sessions of the others.

use serde_json::{Value, json};

use super::{WHO, operation, payload, send};
use crate::support::{
    app::{Answer, TestApp},
    core::TestCore,
};

async fn backend(core: &TestCore, domain: &str) -> TestApp {
    let uri = core.url();
    let vars = [("API_DOMAIN", domain), ("SUPERTOKENS_URI", uri.as_str())];
    TestApp::start_with(&vars, core.clock.clock()).await
}

async fn who(app: &TestApp, token: &str) -> Answer {
    send(app.post("/graphql").bearer_auth(token).json(&operation(WHO))).await
}

/// As recorded: the issuer is written at sign-in, and neither checked nor rewritten.
#[tokio::test]
async fn session_of_another_backend_goes_on() {
    let core = TestCore::start().await;
    let first = backend(&core, "https://api.example.com").await;
    let second = backend(&core, "https://other.example.com").await;
    let user = first.user("ada").await;
    let issuer = json!("https://api.example.com/auth");
    assert_eq!(payload(&user.access_token)["iss"], issuer);
    let (mut access, mut refresh) = (user.access_token.clone(), user.refresh_token.clone());
    for app in [&second, &first, &second] {
        assert_eq!(who(app, &access).await.body["data"]["session"]["userId"], user.id);
        let answer = send(app.post("/auth/session/refresh").bearer_auth(&refresh)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        access = answer.header("st-access-token").to_owned();
        refresh = answer.header("st-refresh-token").to_owned();
        assert_eq!(payload(&access)["iss"], issuer);
    }
    // A claim that is fetched keeps the issuer, too.
    let verified = send(second.get("/auth/user/email/verify").bearer_auth(&access)).await;
    assert_eq!(payload(verified.header("st-access-token"))["iss"], issuer);
    let out = send(second.post("/auth/signout").bearer_auth(&access)).await;
    assert_eq!(out.body, json!({"status": "OK"}));
    let ended = send(first.post("/auth/session/refresh").bearer_auth(&refresh)).await;
    assert_eq!(
        (ended.status.as_u16(), &ended.body["message"]),
        (401, &Value::from("unauthorised"))
    );
}

/// Official clients refresh after each 401, ten times: a refresh that succeeds must help.
#[tokio::test]
async fn refresh_never_hands_out_what_is_then_rejected() {
    let core = TestCore::start().await;
    let backend = backend(&core, "https://api.example.com").await;
    let user = backend.user("ada").await;
    // Another backend took the issuer out.
    let handle = payload(&user.access_token)["sessionHandle"].clone();
    let body = json!({"sessionHandle": handle, "userDataInJWT": {}});
    core.put("/recipe/jwt/data", body).await;
    let answer = send(backend.post("/auth/session/refresh").bearer_auth(&user.refresh_token)).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    assert_eq!(answer.header("front-token"), "remove");
}
