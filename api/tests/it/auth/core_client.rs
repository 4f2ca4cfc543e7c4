//! The client of a Core, on Cores that are away, slow, busy or odd.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;
use supertokens::core::{Core, CoreError};
use tokio::{net::TcpListener, time::timeout};

/// For what must end, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// What a scripted Core does with a request of the CDI.
#[derive(Clone, Copy)]
enum Mood {
    Well,
    Answers(u16, &'static str),
    Busy,
    /// Busy for a second, until it was asked so often.
    BusyUntil(usize),
    Hangs,
    HangsUp,
}

/// A Core that does as it is told, and remembers what it was asked.
#[derive(Clone)]
struct Scripted {
    address: SocketAddr,
    mood: Arc<Mutex<Mood>>,
    versions: Arc<Mutex<&'static [&'static str]>>,
    seen: Arc<Mutex<Vec<(String, HeaderMap)>>>,
}

impl Scripted {
    async fn start() -> Self {
        Self::speaking(&["5.1", "5.2", "5.4", "6.0"]).await
    }

    async fn speaking(versions: &'static [&'static str]) -> Self {
        Self::at(([127, 0, 0, 1], 0).into(), versions).await
    }

    async fn at(address: SocketAddr, versions: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let core = Self {
            address,
            mood: Arc::new(Mutex::new(Mood::Well)),
            versions: Arc::new(Mutex::new(versions)),
            seen: Arc::default(),
        };
        let router = Router::new()
            .route("/apiversion", get(list_versions))
            .fallback(answer)
            .with_state(core.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        core
    }

    fn is(&self, mood: Mood) {
        *self.mood.lock().expect("no panic") = mood;
    }

    /// Is replaced by another release.
    fn speaks(&self, versions: &'static [&'static str]) {
        *self.versions.lock().expect("no panic") = versions;
    }

    fn requests(&self) -> usize {
        self.seen.lock().expect("no panic").len()
    }

    fn last_header(&self, name: &str) -> String {
        let seen = self.seen.lock().expect("no panic");
        let (_, headers) = seen.last().expect("a request");
        headers.get(name).map_or("", |value| value.to_str().expect("text")).to_owned()
    }
}

async fn list_versions(State(core): State<Scripted>) -> Json<serde_json::Value> {
    Json(json!({"versions": *core.versions.lock().expect("no panic")}))
}

async fn answer(State(core): State<Scripted>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    core.seen.lock().expect("no panic").push((path, request.headers().clone()));
    let version = request.headers().get("cdi-version").map(|value| value.to_str().expect("text"));
    if let Some(version) = version
        && !core.versions.lock().expect("no panic").contains(&version)
    {
        // As a real Core says it.
        let text = format!("cdi-version {version} not supported\n");
        return (StatusCode::BAD_REQUEST, text).into_response();
    }
    let requests = core.requests();
    let mood = *core.mood.lock().expect("no panic");
    match mood {
        Mood::BusyUntil(count) if requests < count => {
            (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "1")]).into_response()
        }
        Mood::Well | Mood::BusyUntil(_) => {
            let status = match request.uri().path() {
                "/recipe/signin" => "WRONG_CREDENTIALS_ERROR",
                "/recipe/signup" => "EMAIL_ALREADY_EXISTS_ERROR",
                _ => "UNKNOWN_USER_ID_ERROR",
            };
            Json(json!({"status": status, "sessionHandlesRevoked": ["handle"]})).into_response()
        }
        Mood::Answers(status, body) => {
            (StatusCode::from_u16(status).expect("a status"), body).into_response()
        }
        Mood::Busy => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "7")]).into_response(),
        Mood::Hangs => std::future::pending().await,
        Mood::HangsUp => {
            let broken = futures_util::stream::iter([
                Ok::<_, std::io::Error>("{\"status\":"),
                Err(std::io::Error::other("hung up")),
            ]);
            Body::from_stream(broken).into_response()
        }
    }
}

fn client(hosts: &[SocketAddr]) -> Core {
    let hosts = hosts.iter().map(|host| format!("http://{host}").parse().expect("a URL"));
    Core::new(hosts.collect(), Some("s3cret".to_owned().into())).expect("a client")
}

/// An address where nothing listens.
async fn nowhere() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    listener.local_addr().expect("an address")
}

#[tokio::test]
async fn the_newest_version_that_both_speak_is_asked_for_with_the_key() {
    let core = Scripted::start().await;
    client(&[core.address]).user("ada").await.expect("an answer");
    assert_eq!(core.last_header("cdi-version"), "5.4");
    assert_eq!(core.last_header("api-key"), "s3cret");
}

/// Over 5.6 a second refresh with one token kills the child of the first.
#[tokio::test]
async fn a_newer_core_is_asked_for_5_4() {
    let core = Scripted::speaking(&["5.2", "5.3", "5.4", "5.5", "5.6"]).await;
    client(&[core.address]).user("ada").await.expect("an answer");
    assert_eq!(core.last_header("cdi-version"), "5.4");
}

#[tokio::test]
async fn a_core_without_a_common_version_is_named_with_what_it_speaks() {
    let core = Scripted::speaking(&["2.7", "4.0"]).await;
    let error = client(&[core.address]).user("ada").await.unwrap_err().to_string();
    assert!(error.contains("2.7, 4.0") && error.contains("5.2"), "{error}");
    assert_eq!(core.requests(), 0);
}

#[tokio::test]
async fn next_address_answers_while_one_is_away() {
    let (away, core) = (nowhere().await, Scripted::start().await);
    let client = client(&[away, core.address]);
    for _ in 0..20 {
        client.revoke_and_deny(&["handle"]).await.expect("an answer");
    }
    assert_eq!(core.requests(), 20);
}

#[tokio::test]
async fn calls_are_spread_over_the_addresses() {
    let cores = [Scripted::start().await, Scripted::start().await, Scripted::start().await];
    let client = client(&cores.each_ref().map(|core| core.address));
    for _ in 0..45 {
        client.user("ada").await.expect("an answer");
        client.revoke_and_deny(&["handle"]).await.expect("an answer");
    }
    assert_eq!(cores.map(|core| core.requests()), [30; 3]);
}

#[tokio::test]
async fn replaced_core_is_asked_for_its_versions_again() {
    let core = Scripted::start().await;
    let client = client(&[core.address]);
    client.user("ada").await.expect("an answer");
    for (versions, expected) in [(&["5.1", "5.2"][..], "5.2"), (&["5.2", "5.3", "5.4"], "5.2")] {
        core.speaks(versions);
        client.revoke_and_deny(&["handle"]).await.expect("an answer");
        assert_eq!(core.last_header("cdi-version"), expected);
    }
    core.speaks(&["2.7", "4.0"]);
    let error = client.user("ada").await.unwrap_err().to_string();
    assert!(error.contains("2.7, 4.0") && error.contains("5.4, 5.3, 5.2"), "{error}");
}

#[tokio::test]
async fn rejected_version_is_named_with_ours() {
    let core = Scripted::start().await;
    // Such as a Core with a least version of its own.
    let text = "min_cdi_version 5.5: cdi-version 5.4 not supported";
    core.is(Mood::Answers(400, text));
    let error = client(&[core.address]).user("ada").await.unwrap_err().to_string();
    assert!(error.contains("CDI 5.4") && error.contains("min_cdi_version 5.5"), "{error}");
}

#[tokio::test]
async fn busy_core_is_asked_again_before_the_deadline() {
    let core = Scripted::start().await;
    core.is(Mood::BusyUntil(2));
    let client = client(&[core.address]);
    assert!(client.revoke_and_deny(&["handle"]).await.is_ok());
    assert_eq!(core.requests(), 2);
}

/// A call that hashes a password may take ten seconds, but not at an address that answers nothing.
#[tokio::test]
async fn silent_address_is_given_up_early() {
    const EARLY: Duration = Duration::from_secs(8);
    let (silent, well) = (Scripted::start().await, Scripted::start().await);
    silent.is(Mood::Hangs);
    let client = client(&[silent.address, well.address]);
    let signed_in = timeout(EARLY, client.sign_in("ada@example.com", "secret123")).await;
    assert!(signed_in.expect("early").is_ok(), "the other address answers");
    for _ in 0..4 {
        client.sign_up("ada@example.com", "secret123").await.expect("nobody asks the silent one");
    }
    let alone = self::client(&[silent.address]);
    let signed_up = timeout(EARLY, alone.sign_up("ada@example.com", "secret123")).await;
    assert!(matches!(signed_up.expect("early"), Err(CoreError::Unavailable(_))));
}

#[tokio::test]
async fn reading_goes_on_elsewhere_where_one_address_hangs_or_fails() {
    let (odd, well) = (Scripted::start().await, Scripted::start().await);
    for mood in [Mood::Hangs, Mood::Answers(502, "<html>"), Mood::HangsUp, Mood::Busy] {
        let client = client(&[odd.address, well.address]);
        odd.is(mood);
        assert!(client.user("ada").await.expect("an answer").is_none());
    }
    assert_eq!(well.requests(), 4);
}

#[tokio::test]
async fn what_may_have_been_done_is_not_done_twice() {
    let mut asked = 0;
    let (odd, well) = (Scripted::start().await, Scripted::start().await);
    for mood in [Mood::Hangs, Mood::Answers(500, "no"), Mood::HangsUp] {
        let client = client(&[odd.address, well.address]);
        odd.is(mood);
        let error = client.revoke_and_deny(&["handle"]).await.unwrap_err();
        assert!(matches!(error, CoreError::Unavailable(_)), "{error}");
        assert_eq!(well.requests(), asked);
        // The next request is a new one, and goes where an answer can be hoped for.
        assert!(client.revoke_and_deny(&["handle"]).await.is_ok());
        asked += 1;
    }
    // One that is busy has done nothing.
    odd.is(Mood::Busy);
    assert!(client(&[odd.address, well.address]).revoke_and_deny(&["handle"]).await.is_ok());
}

#[tokio::test]
async fn a_busy_core_says_when_to_come_back() {
    let core = Scripted::start().await;
    core.is(Mood::Busy);
    let error = client(&[core.address]).user("ada").await.unwrap_err();
    assert!(matches!(error, CoreError::Busy { retry_after: 7 }), "{error}");
}

#[tokio::test]
async fn odd_answers_become_short_errors_that_hold_no_secret() {
    let core = Scripted::start().await;
    let client = client(&[core.address]);
    let long = Box::leak("x".repeat(100_000).into_boxed_str());
    let long_status = Box::leak(format!(r#"{{"status": "{long}"}}"#).into_boxed_str());
    for (status, body) in [
        (200, "<html>it works</html>"),
        (200, "{\"status\":"),
        (200, "{\"status\": \"NEW_STATUS\"}"),
        (200, ""),
        (404, long),
        (200, long_status),
        (400, "\u{1b}[31mred\r\nERROR a line of its own"),
        (302, "elsewhere"),
    ] {
        core.is(Mood::Answers(status, body));
        let error = client.user("ada").await.unwrap_err();
        assert!(matches!(error, CoreError::Unexpected { .. }), "{status} {body}: {error}");
        let text = error.to_string();
        assert!(text.contains("GET user/id") && text.len() < 400, "{text}");
        assert!(!text.contains("s3cret") && !text.contains("ada"), "{text}");
        assert!(!text.contains(char::is_control), "{text:?}");
    }
}

#[tokio::test]
async fn no_answer_is_waited_for_without_end() {
    let core = Scripted::start().await;
    let client = client(&[core.address]);
    core.is(Mood::Hangs);
    let user = timeout(PATIENCE, client.user("ada")).await.expect("it ends");
    assert!(matches!(user, Err(CoreError::Unavailable(_))));
    assert!(timeout(PATIENCE, client.check()).await.expect("it ends").is_err());
}
