//! Signing keys: rotation, restarts, several processes.

use std::time::Duration;

use serde_json::Value;
use supertokens_dev_core::Options;

use crate::support::{core::TestCore, database::TestDatabase};

const HOUR: i64 = 3_600_000;
const WEEK: i64 = 7 * 24 * HOUR;

async fn key_ids(core: &TestCore) -> Vec<String> {
    let jwks = core.get("/.well-known/jwks.json").await;
    let keys = jwks["keys"].as_array().expect("keys");
    keys.iter().map(|key| key["kid"].as_str().expect("a key id").to_owned()).collect()
}

fn signer(tokens: &Value) -> String {
    let token = tokens["accessToken"]["token"].as_str().expect("an access token");
    jsonwebtoken::decode_header(token).expect("a header").kid.expect("a key id")
}

#[tokio::test]
async fn a_restart_keeps_keys_and_sessions() {
    let core = TestCore::start().await;
    let keys = key_ids(&core).await;
    let tokens = core.create_session("someone").await;

    let core = core.restart().await;
    assert_eq!(key_ids(&core).await, keys);
    assert_eq!(core.verify(&tokens).await["status"], "OK");
    assert_eq!(core.refresh(&tokens).await["status"], "OK");
}

#[tokio::test]
async fn dynamic_key_rotates_after_a_week_and_is_published_while_its_tokens_live() {
    let core = TestCore::start().await;
    let first = key_ids(&core).await;
    core.clock.advance(WEEK - 1);
    let tokens = core.create_session("someone").await;
    assert_eq!(signer(&tokens), first[0]);

    core.clock.advance(1);
    let newer = core.create_session("someone").await;
    let second = key_ids(&core).await;
    assert_eq!(signer(&newer), second[0]);
    assert_eq!(second[1..], first);
    assert_eq!(core.verify(&tokens).await["status"], "OK");

    core.clock.advance(HOUR);
    assert_eq!(core.verify(&tokens).await["status"], "TRY_REFRESH_TOKEN");
    assert_eq!(key_ids(&core).await, [second[0].clone(), second[2].clone()]);
}

#[tokio::test]
async fn static_key_signs_on_demand() {
    let core = TestCore::start().await;
    let tokens = core.create_session("someone").await;
    let body = serde_json::json!({
        "refreshToken": tokens["refreshToken"]["token"],
        "enableAntiCsrf": false,
        "useDynamicSigningKey": false,
    });
    let tokens = core.post("/recipe/session/refresh", body).await;
    assert!(signer(&tokens).starts_with("s-"));
    assert!(signer(&core.verify(&tokens).await).starts_with("s-"));
}

#[tokio::test]
async fn processes_that_start_at_once_share_their_keys() {
    let database = TestDatabase::new().await;
    let start = || supertokens_dev_core::start(Options::new(database.connect_options()));
    let (one, two) = tokio::try_join!(start(), start()).expect("both start");
    let jwks = async |core: &supertokens_dev_core::DevCore| {
        let url = core.url().join(".well-known/jwks.json").expect("a URL");
        reqwest::get(url).await.expect("an answer").text().await.expect("a body")
    };
    assert_eq!(jwks(&one).await, jwks(&two).await);
    one.stop().await;
    two.stop().await;
}

#[tokio::test]
async fn another_process_with_longer_tokens_keeps_keys_published_longer() {
    let core = TestCore::start().await;
    let first = key_ids(&core).await;
    let options = Options {
        access_token_validity: Duration::from_hours(2),
        clock: core.clock.clock(),
        ..Options::new(core.database.connect_options())
    };
    let other = supertokens_dev_core::start(options).await.expect("starts");
    core.clock.advance(WEEK + HOUR);
    assert!(key_ids(&core).await.contains(&first[0]));
    core.clock.advance(HOUR);
    assert!(!key_ids(&core).await.contains(&first[0]));
    other.stop().await;
}
