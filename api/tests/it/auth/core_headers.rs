//! What every call sends to a Core besides its content.

use std::collections::BTreeSet;

use serde_json::Value;
use supertokens::core::{Core, CoreError};

use super::contract::CDI_FILES;
use crate::support::{
    core::{TestClock, TestCore},
    core_calls::{self, NAME},
    database::TestDatabase,
    recorder::{Recorder, Sent},
    replay::RecordedHeaders,
};

const API_KEY: &str = "a-key-of-the-tests-0123456789";

/// Over CDI 5.4, with the calls of the dashboard.
const USER_ADMIN: &str = include_str!("../../contract/cdi-user-admin.jsonl");

/// The client's sources: each method's documentation names its route.
const SOURCES: [&str; 9] = [
    include_str!("../../../../crates/supertokens/src/core/mod.rs"),
    include_str!("../../../../crates/supertokens/src/session/cdi.rs"),
    include_str!("../../../../crates/supertokens/src/users/cdi.rs"),
    include_str!("../../../../crates/supertokens/src/recipes/dashboard/cdi.rs"),
    include_str!("../../../../crates/supertokens/src/recipes/emailpassword/cdi.rs"),
    include_str!("../../../../crates/supertokens/src/recipes/emailverification/cdi.rs"),
    include_str!("../../../../crates/supertokens/src/recipes/multitenancy/cdi.rs"),
    include_str!("../../../../crates/supertokens/src/recipes/thirdparty/cdi.rs"),
    include_str!("../../../../crates/supertokens/src/recipes/userroles/cdi.rs"),
];

/// A client of a Core with an API key, and what is between them.
async fn start() -> (TestCore, Recorder, Core) {
    let clock = TestClock::at(1_800_000_000_000);
    let core = TestCore::start_with(TestDatabase::new().await, clock, |options| {
        supertokens_dev_core::Options { api_key: Some(API_KEY.into()), ..options }
    });
    let core = core.await;
    let recorder = Recorder::before(&core.url()).await;
    let url = recorder.url.parse().expect("a URL");
    let client = Core::new(vec![url], Some(API_KEY.into())).expect("a client");
    (core, recorder, client)
}

/// `METHOD /path`, without a tenant.
fn route(sent: &Sent) -> String {
    format!("{} {}", sent.method, sent.path.strip_prefix("/public").unwrap_or(&sent.path))
}

/// The routes that the client's documentation names.
fn documented_routes() -> BTreeSet<String> {
    let lines = SOURCES.iter().flat_map(|source| source.lines());
    let routes = lines.filter_map(|line| line.trim().strip_prefix("/// `")?.split('`').next());
    routes.filter(|route| route.contains(" /")).map(str::to_owned).collect()
}

#[tokio::test]
async fn every_call_sends_the_headers_of_the_official_sdk() {
    let (_core, recorder, client) = start().await;
    for outcome in core_calls::make_all(&client).await {
        outcome.expect("the Core knows the call");
    }
    let reference = RecordedHeaders::of(CDI_FILES.into_iter().chain([USER_ADMIN]));
    let reference = reference.without("cdi-version");
    let (mut routes, mut differences) = (BTreeSet::new(), Vec::new());
    for mut sent in recorder.take() {
        let route = route(&sent);
        assert_eq!(sent.headers.remove("api-key").as_deref(), Some(API_KEY), "{route}");
        let version = match route.as_str() {
            "GET /apiversion" | "GET /.well-known/jwks.json" => None,
            _ => Some("5.4"),
        };
        assert_eq!(sent.headers.remove("cdi-version").as_deref(), version, "{route}");
        differences.extend(reference.compare("", &sent).err());
        routes.insert(route);
    }
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
    // A call that is missing here is one that `core_calls` has to make.
    let documented = documented_routes();
    assert!(documented.len() > 40, "{documented:?}");
    let missing: Vec<_> = documented.difference(&routes).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[tokio::test]
async fn every_body_is_sent_as_utf_8_with_its_charset() {
    let (_core, recorder, client) = start().await;
    core_calls::make_all(&client).await;
    let mut named = 0;
    for sent in recorder.take() {
        let route = route(&sent);
        let media_type = sent.headers.get("content-type").map(String::as_str);
        if sent.body.is_empty() {
            assert_eq!(media_type, None, "{route}");
            continue;
        }
        assert_eq!(media_type, Some("application/json; charset=utf-8"), "{route}");
        let text = std::str::from_utf8(&sent.body).expect("UTF-8");
        serde_json::from_str::<Value>(text).expect("JSON");
        named += usize::from(text.contains(NAME));
    }
    assert!(named > 15, "{named} bodies with letters beyond ASCII");
}

#[tokio::test]
async fn every_call_with_a_wrong_api_key_names_the_setting() {
    let (_core, recorder, client) = start().await;
    recorder.spoil_key();
    let outcomes = core_calls::make_all(&client).await;
    let mut open = 0;
    for outcome in outcomes {
        match outcome {
            // The key set is public.
            Ok(()) => open += 1,
            Err(error) => {
                assert!(matches!(error, CoreError::InvalidApiKey(_)), "{error}");
                let text = error.to_string();
                assert!(text.contains("SUPERTOKENS_API_KEY"), "{text}");
                assert!(!text.contains(API_KEY), "{text}");
            }
        }
    }
    assert_eq!(open, 1);
}
