//! Keys change while requests go on.

use std::sync::{
    Arc, RwLock,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use api::server::Service;
use axum::{Router, body::Body, http::Request};
use clock::Clock;
use migration::claims;
use serde_json::{Value, json};
use tokio::time::{Duration, Instant, sleep};
use tower::ServiceExt as _;

use super::{TestDatabase, TestKey};
use crate::support::app::{TestApp, config};

const AT_ONCE: usize = 4;

/// What answers requests now: as a load balancer has it.
type Front = Arc<RwLock<Router>>;

/// Asks without a pause until it is told to stop. Panics at the first answer without data.
async fn ask_on(front: Front, bearer: String, count: Arc<AtomicUsize>, stop: Arc<AtomicUsize>) {
    while stop.load(SeqCst) == 0 {
        let router = front.read().expect("no panic").clone();
        let answer = ask(router, &bearer).await;
        assert_eq!(answer, json!({"data": {"todos": {"nodes": [{"task": "hers"}]}}}));
        count.fetch_add(1, SeqCst);
    }
}

async fn ask(router: Router, bearer: &str) -> Value {
    let body = json!({"query": "{ todos { nodes { task } } }"}).to_string();
    let request = Request::post("/graphql")
        .header("authorization", bearer)
        .header("content-type", "application/json")
        .body(Body::from(body))
        .expect("a request");
    let body = router.oneshot(request).await.expect("an answer").into_body();
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
    serde_json::from_slice(&body).expect("JSON")
}

fn vars(key: &TestKey) -> [(&'static str, &str); 2] {
    [("RLS_CLAIMS", "signed"), ("RLS_CLAIMS_KEY", &key.text)]
}

/// Waits until everybody has been answered twice more: what they had under way has ended.
async fn await_two_rounds(counts: &[Arc<AtomicUsize>]) {
    let deadline = Instant::now() + Duration::from_mins(2);
    let read = || counts.iter().map(|count| count.load(SeqCst)).collect::<Vec<_>>();
    let before = read();
    while read().iter().zip(&before).any(|(now, before)| *now < before + 2) {
        assert!(Instant::now() < deadline, "requests stopped");
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_rotated_without_one_request_failing() {
    let database = TestDatabase::migrated().await;
    let old = database.sign_claims().await;
    let app = TestApp::start_on(database, &vars(&old), Clock::system()).await;
    let ada = app.user("ada").await;
    ada.add("hers").await;
    let bearer = format!("Bearer {}", ada.access_token);
    let front: Front = Arc::new(RwLock::new(app.router.clone()));
    let stop = Arc::new(AtomicUsize::new(0));
    let counts: Vec<_> = (0..AT_ONCE).map(|_| Arc::new(AtomicUsize::new(0))).collect();
    let asking: Vec<_> = counts
        .iter()
        .map(|count| {
            let (front, count, stop) = (Arc::clone(&front), Arc::clone(count), Arc::clone(&stop));
            tokio::spawn(ask_on(front, bearer.clone(), count, stop))
        })
        .collect();
    await_two_rounds(&counts).await;

    let new = app.database.add_claims_key().await;
    await_two_rounds(&counts).await;
    let port = app.url.rsplit_once(':').expect("a port").1.parse().expect("a number");
    let config = config(&app.database, port, &vars(&new));
    let restarted = Service::start(&config, Clock::system()).await.expect("the new key counts");
    *front.write().expect("no panic") = restarted.router.clone();
    await_two_rounds(&counts).await;
    claims::retire(&app.database.owner().await, old.id()).await.expect("it is retired");
    await_two_rounds(&counts).await;
    stop.store(1, SeqCst);
    for asking in asking {
        asking.await.expect("every request was answered");
    }

    // A service that was forgotten says so, and shows no empty list.
    let answer = ask(app.router.clone(), &bearer).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "INTERNAL", "{answer}");
    restarted.stop().await;
}
