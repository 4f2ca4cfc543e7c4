//! A development Core with a database and a clock of its own.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::DateTime;
use clock::Clock;
use serde_json::{Value, json};
use supertokens_dev_core::{DevCore, Options};

use super::database::TestDatabase;

/// A clock that stands still until it is set; in milliseconds since 1970.
#[derive(Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub fn at(millis: i64) -> Self {
        Self(Arc::new(AtomicI64::new(millis)))
    }

    pub fn set(&self, millis: i64) {
        self.0.store(millis, Ordering::SeqCst);
    }

    pub fn advance(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }

    pub fn clock(&self) -> Clock {
        let millis = self.0.clone();
        Clock::from_fn(move || {
            DateTime::from_timestamp_millis(millis.load(Ordering::SeqCst)).expect("a valid time")
        })
    }
}

/// As SDKs send bodies.
const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");

pub struct TestCore {
    core: DevCore,
    http: reqwest::Client,
    pub clock: TestClock,
    pub database: TestDatabase,
}

/// What the Core answered; the body is a string if it is not JSON.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub body: Value,
}

impl TestCore {
    pub async fn start() -> Self {
        Self::start_at(1_800_000_000_000).await
    }

    pub async fn start_at(millis: i64) -> Self {
        let clock = TestClock::at(millis);
        Self::start_with(TestDatabase::new().await, clock, |options| options).await
    }

    pub async fn start_with(
        database: TestDatabase,
        clock: TestClock,
        change: impl FnOnce(Options) -> Options,
    ) -> Self {
        let options = Options { clock: clock.clock(), ..Options::new(database.connect_options()) };
        let core = supertokens_dev_core::start(change(options)).await.expect("the Core starts");
        Self { core, http: reqwest::Client::new(), clock, database }
    }

    pub fn url(&self) -> String {
        self.core.url().to_string()
    }

    pub fn password_hashes(&self) -> u64 {
        self.core.password_hashes()
    }

    /// Stops for good.
    pub async fn stop(self) {
        self.core.stop().await;
    }

    /// Stops, and starts again with the same database.
    pub async fn restart(self) -> Self {
        self.restart_with(|options| options).await
    }

    /// As [`restart`](Self::restart), with other options.
    pub async fn restart_with(self, change: impl FnOnce(Options) -> Options) -> Self {
        self.core.stop().await;
        Self::start_with(self.database, self.clock, change).await
    }

    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Answer {
        let method = method.parse().expect("a method");
        let url = self.core.url().join(path).expect("a path");
        let mut request = self.http.request(method, url).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.expect("the Core answers");
        let status = response.status().as_u16();
        let content_type = response.headers()["content-type"].to_str().expect("text").to_owned();
        let body = response.text().await.expect("a text body");
        Answer {
            status,
            content_type,
            body: serde_json::from_str(&body).unwrap_or(Value::String(body)),
        }
    }

    pub async fn get(&self, path: &str) -> Value {
        self.send("GET", path, &[], String::new()).await.body
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        self.send("POST", path, &[JSON], body.to_string()).await.body
    }

    pub async fn put(&self, path: &str, body: Value) -> Value {
        self.send("PUT", path, &[JSON], body.to_string()).await.body
    }

    /// A user with that email and the password `secret123`; gives the id.
    pub async fn sign_up(&self, email: &str) -> String {
        let body = json!({ "email": email, "password": "secret123" });
        let answer = self.post("/recipe/signup", body).await;
        answer["recipeUserId"].as_str().expect("a new user").to_owned()
    }

    /// A session of that user; gives the whole answer.
    pub async fn create_session(&self, user_id: &str) -> Value {
        let body = json!({
            "userId": user_id,
            "userDataInJWT": { "plan": "free" },
            "userDataInDatabase": {},
            "useDynamicSigningKey": true,
            "enableAntiCsrf": false,
        });
        self.post("/recipe/session", body).await
    }

    /// Spends the refresh token of `tokens`, an answer of this or of `create_session`.
    pub async fn refresh(&self, tokens: &Value) -> Value {
        let body = json!({
            "refreshToken": tokens["refreshToken"]["token"],
            "enableAntiCsrf": false,
            "useDynamicSigningKey": true,
        });
        self.post("/recipe/session/refresh", body).await
    }

    /// Checks the access token of `tokens`.
    pub async fn verify(&self, tokens: &Value) -> Value {
        let body = json!({
            "accessToken": tokens["accessToken"]["token"],
            "doAntiCsrfCheck": false,
            "enableAntiCsrf": false,
            "checkDatabase": true,
        });
        self.post("/recipe/session/verify", body).await
    }
}
