//! A Core that rejects the API key or does not know the address: at start, and later.

use api::server::Service;
use clock::Clock;
use reqwest::StatusCode;
use serde_json::json;
use supertokens_dev_core::Options;

use super::{payload, send, stand_in::StandIn};
use crate::support::{
    app::{TestApp, config, credentials},
    core::{TestClock, TestCore},
    database::TestDatabase,
    program::{Program, free_port},
    recorder::Recorder,
};

const API_KEY: &str = "a-key-of-the-tests-0123456789";
const WRONG_KEY: &str = "another-key-0123456789";

async fn core_with_a_key() -> TestCore {
    let clock = TestClock::at(1_800_000_000_000);
    TestCore::start_with(TestDatabase::new().await, clock, |options| Options {
        api_key: Some(API_KEY.into()),
        ..options
    })
    .await
}

/// Why the service does not start with this Core, if it does not.
async fn start(uri: &str, key: Option<&str>) -> Option<String> {
    let database = TestDatabase::migrated().await;
    let mut vars = vec![("SUPERTOKENS_URI", uri)];
    vars.extend(key.map(|key| ("SUPERTOKENS_API_KEY", key)));
    let config = config(&database, free_port(), &vars);
    match Service::start(&config, Clock::system()).await {
        Ok(service) => {
            service.stop().await;
            None
        }
        Err(error) => Some(format!("{error:#}")),
    }
}

#[tokio::test]
async fn development_core_follows_its_settings() {
    let port = free_port().to_string();
    let vars = [
        ("EMBEDDED_CORE_PORT", port.as_str()),
        ("EMBEDDED_CORE_ACCESS_TOKEN_VALIDITY", "120"),
        ("EMBEDDED_CORE_REFRESH_TOKEN_VALIDITY", "600"),
        ("SUPERTOKENS_API_KEY", API_KEY),
    ];
    let app = TestApp::start_with(&vars, Clock::system()).await;
    let claims = payload(&app.user("ada").await.access_token);
    assert_eq!(claims["exp"].as_i64(), claims["iat"].as_i64().map(|iat| iat + 120));
    let tenant = async |key: &str| {
        let url = format!("http://127.0.0.1:{port}/recipe/multitenancy/tenant/v2");
        let request = reqwest::Client::new().get(url).header("api-key", key);
        send(request).await
    };
    assert_eq!(tenant(WRONG_KEY).await.status, 401);
    let lifetimes = json!({"access_token_validity": 120, "refresh_token_validity": 10.0});
    assert_eq!(tenant(API_KEY).await.body["coreConfig"], lifetimes);
}

#[tokio::test]
async fn start_fails_on_a_wrong_api_key_and_names_the_setting() {
    let core = core_with_a_key().await;
    for key in [None, Some(WRONG_KEY)] {
        let error = start(&core.url(), key).await.expect("no start");
        assert!(error.contains("SUPERTOKENS_API_KEY"), "{error}");
        assert!(error.contains("401 Unauthorized: Invalid API key"), "{error}");
        assert!(!error.contains(WRONG_KEY), "{error}");
    }
    assert_eq!(start(&core.url(), Some(API_KEY)).await, None);
}

#[tokio::test]
async fn start_fails_on_an_unknown_address_and_names_the_setting() {
    let core = core_with_a_key().await;
    let url = core.url();
    for path in ["", "public", "appid-public", "appid-public/public"] {
        assert_eq!(start(&format!("{url}{path}"), Some(API_KEY)).await, None, "{path}");
    }
    for path in ["appid-other", "appid-other/public", "other", "appid-public/other", "a/b", "a/b/c"]
    {
        let error = start(&format!("{url}{path}"), Some(API_KEY)).await;
        let error = error.unwrap_or_else(|| panic!("{path}: it starts"));
        assert!(error.contains("SUPERTOKENS_URI"), "{path}: {error}");
    }
}

#[tokio::test]
async fn start_does_not_wait_for_a_core_that_is_unavailable() {
    let mut core = StandIn::down();
    assert_eq!(start(&core.url(), Some(API_KEY)).await, None);
    core.come_up();
    for status in [StatusCode::BAD_GATEWAY, StatusCode::TOO_MANY_REQUESTS, StatusCode::NOT_FOUND] {
        // The 404 of a proxy whose Core is not there.
        core.answer(status, "404 page not found".into());
        assert_eq!(start(&core.url(), Some(API_KEY)).await, None, "{status}");
    }
    core.hang();
    assert_eq!(start(&core.url(), Some(API_KEY)).await, None);
}

/// A Core whose keys were changed while the service runs.
#[tokio::test]
async fn a_key_that_is_rejected_later_is_logged_and_told_to_nobody() {
    let core = core_with_a_key().await;
    let recorder = Recorder::before(&core.url()).await;
    let vars = [("SUPERTOKENS_URI", recorder.url.as_str()), ("SUPERTOKENS_API_KEY", API_KEY)];
    let program = Program::start(&TestDatabase::migrated().await, &vars).await;
    let ready = async || {
        let answer = program.http.get(format!("{}/readyz", program.url)).send().await;
        answer.expect("an answer").json::<serde_json::Value>().await.expect("JSON")["core"].clone()
    };
    assert_eq!(ready().await, "ok");
    assert!(!program.written().contains("SUPERTOKENS_API_KEY"));

    recorder.spoil_key();
    let form = credentials("ada@example.com", "secret123");
    for path in ["/auth/signup", "/auth/signin"] {
        let answer = program.post(path, None, &form).await;
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        let body: serde_json::Value = answer.json().await.expect("JSON");
        let message = "Something went wrong on our side. Try again later.";
        assert_eq!(body, json!({"message": message}), "{path}");
    }
    let written = program.written();
    let told = written.lines().find(|line| line.contains("SUPERTOKENS_API_KEY"));
    let told = told.unwrap_or_else(|| panic!("{written}"));
    assert!(told.contains("ERROR") && !written.contains(API_KEY), "{written}");
    // Readiness may be up to a second old.
    tokio::time::sleep(std::time::Duration::from_millis(1200)).await;
    ready().await;
    tokio::time::sleep(std::time::Duration::from_millis(1200)).await;
    assert_eq!(ready().await, "unavailable");
}

/// A readiness that asked nothing with the key would say that all is well.
#[tokio::test]
async fn readiness_needs_the_api_key() {
    let mut core = StandIn::down();
    let url = core.url();
    let app = TestApp::start_with(&[("SUPERTOKENS_URI", url.as_str())], Clock::system()).await;
    core.come_up();
    core.answer(StatusCode::UNAUTHORIZED, "Invalid API key\n".into());
    let error = app.state.supertokens.can_sign_in().await.expect_err("no access").to_string();
    assert!(error.contains("SUPERTOKENS_API_KEY"), "{error}");
    core.answer(StatusCode::BAD_REQUEST, "AppId or tenantId not found => Tenant ...\n".into());
    let error = app.state.supertokens.can_sign_in().await.expect_err("no access").to_string();
    assert!(error.contains("SUPERTOKENS_URI"), "{error}");
    let answer = send(app.post("/auth/signin").json(&credentials("a@example.com", "secret123")));
    assert_eq!(answer.await.status, StatusCode::INTERNAL_SERVER_ERROR);
}
