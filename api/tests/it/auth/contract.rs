//! Replays what browsers asked the reference backend, and compares our answers.
//!
//! The service runs on an embedded Core whose clock and ours follow the recording. What the
//! reference told its Core in steps that we do not serve, or between steps, we tell ours, so that
//! the steps after them find the same users, roles and sessions.

mod answers;

use std::collections::HashSet;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::{
    app::{Answer, TestApp},
    core::{TestClock, TestCore},
    database::TestDatabase,
    replay::{Outcome, Replay, STARTED, text, time_of},
};

/// Routes that do not exist yet: they must answer 404 until they are deleted here.
const NOT_SERVED_YET: [&str; 13] = [
    "/auth/user/email/verify",
    "/auth/user/email/verify/token",
    "/auth/user/password/reset",
    "/auth/user/password/reset/token",
    "/auth/authorisationurl",
    "/auth/signinup",
    "/auth/loginmethods",
    "/auth/dashboard",
    "/auth/dashboard/api/key/validate",
    "/auth/dashboard/api/signin",
    // The recorded demo's own: claims that an operation asks for, a session checked in the Core.
    "/checked",
    "/admin-only",
    "/verified-only",
];

/// Steps that prove a session by a GET, which needs no proof against CSRF. Sessions are proven on
/// `POST /graphql` alone, which does.
const NO_GET_YET: [&str; 3] = [
    "VIA_CUSTOM_HEADER sessioninfo GET without proof",
    "VIA_TOKEN sessioninfo GET without proof",
    "VIA_TOKEN sessioninfo with rid",
];

/// Where the reference answered an HTML page, by fault or by default: our status and message.
const BETTER: [(&str, u16, &str); 2] = [
    ("unknown auth route", 404, "There is nothing here."),
    ("refresh with two refresh cookies", 401, "unauthorised"),
];

/// Stands for the demo's `/sessioninfo`.
const SESSION: &str = "{ session { sessionHandle userId accessTokenPayload } }";

/// How far times may be apart from the recorded ones: the recordings tell the time of a step, not
/// of each of its parts.
const SLACK: i64 = 2000;

#[tokio::test]
async fn recorded_answers_without_anti_csrf() {
    let (fdi, cdi) = (
        include_str!("../../contract/fdi-default.jsonl"),
        include_str!("../../contract/cdi-default.jsonl"),
    );
    replay("fdi-default", "none", fdi, cdi).await;
}

#[tokio::test]
async fn recorded_answers_to_edge_cases() {
    let (fdi, cdi) = (
        include_str!("../../contract/fdi-more.jsonl"),
        include_str!("../../contract/cdi-more.jsonl"),
    );
    replay("fdi-more", "none", fdi, cdi).await;
}

#[tokio::test]
async fn recorded_answers_with_anti_csrf_by_header() {
    let (fdi, cdi) = (
        include_str!("../../contract/fdi-via_custom_header.jsonl"),
        include_str!("../../contract/cdi-via_custom_header.jsonl"),
    );
    replay("fdi-via_custom_header", "via-custom-header", fdi, cdi).await;
}

#[tokio::test]
async fn recorded_answers_with_anti_csrf_by_token() {
    let (fdi, cdi) = (
        include_str!("../../contract/fdi-via_token.jsonl"),
        include_str!("../../contract/cdi-via_token.jsonl"),
    );
    replay("fdi-via_token", "via-token", fdi, cdi).await;
}

async fn replay(file: &str, anti_csrf: &str, fdi: &str, cdi: &str) {
    let mut backend = Backend::start(anti_csrf, fdi, cdi).await;
    let (mut compared, mut not_served) = (0, 0);
    let mut differences = Vec::new();
    for line in lines(fdi) {
        let outcome = match backend.step(&line).await {
            Ok(Step::Compared) => {
                compared += 1;
                continue;
            }
            Ok(Step::NotServed) => {
                not_served += 1;
                continue;
            }
            Err(difference) => difference,
        };
        differences.push(format!("{}: {outcome}", line["step"]));
    }
    let total = lines(fdi).count();
    println!("{file}: {compared} of {total} compared, {not_served} not served yet");
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

enum Step {
    Compared,
    NotServed,
}

struct Backend {
    app: TestApp,
    core: TestCore,
    names: Replay,
    /// The steps that browsers took; the Core was also called between them.
    steps: HashSet<String>,
    /// What the reference's Core was asked and we have not come to yet.
    core_calls: std::iter::Peekable<std::vec::IntoIter<Value>>,
}

impl Backend {
    async fn start(anti_csrf: &str, fdi: &str, cdi: &str) -> Self {
        let clock = TestClock::at(STARTED);
        let core = TestCore::start_with(TestDatabase::new().await, clock, |options| options).await;
        let core_url = core.url();
        let vars = [
            ("API_DOMAIN", "http://localhost:3001"),
            ("WEBSITE_DOMAIN", "http://localhost:3000"),
            ("ANTI_CSRF", anti_csrf),
            ("SUPERTOKENS_URI", core_url.as_str()),
        ];
        Self {
            app: TestApp::start_with(&vars, core.clock.clock()).await,
            core,
            names: Replay::with_slack(SLACK),
            steps: lines(fdi).map(|line| text(&line["step"]).to_owned()).collect(),
            core_calls: lines(cdi).collect::<Vec<_>>().into_iter().peekable(),
        }
    }

    async fn step(&mut self, line: &Value) -> Result<Step, String> {
        let step = text(&line["step"]);
        let (path, _) = split_path(line);
        self.between_steps().await?;
        if NO_GET_YET.contains(&step) {
            return Ok(Step::NotServed);
        }
        if NOT_SERVED_YET.contains(&path) {
            self.core_calls_of(step).await?;
            let answer = self.send(line).await;
            return match answer.status.as_u16() {
                404 => Ok(Step::NotServed),
                status => Err(format!("is served, with {status}: compare it")),
            };
        }
        self.time_of(step);
        let answer = self.send(line).await;
        if let Some((_, status, message)) = BETTER.iter().find(|(name, ..)| *name == step) {
            return if (answer.status.as_u16(), answer.message()) == (*status, *message) {
                Ok(Step::Compared)
            } else {
                Err(format!("{answer:?} is not {status} {message}"))
            };
        }
        answers::compare(&mut self.names, line, &answer)?;
        Ok(Step::Compared)
    }

    async fn send(&self, line: &Value) -> Answer {
        let (path, query) = split_path(line);
        let method: Method = text(&line["request"]["method"]).parse().expect("a method");
        let request = if path == "/sessioninfo" {
            let body = json!({"query": SESSION});
            self.app.post("/graphql").json(&body)
        } else {
            let request = self.app.request(method.clone(), path).query(&query);
            if method == Method::POST {
                request.body(line["request"]["body"].to_string())
            } else {
                request
            }
        };
        let request = self.headers(request, &line["request"]["headers"]);
        Answer::read(request.send().await.expect("the service answers")).await
    }

    fn headers(&self, request: RequestBuilder, recorded: &Value) -> RequestBuilder {
        let recorded = recorded.as_object().expect("headers");
        let headers = recorded
            .iter()
            .map(|(name, value)| {
                let value = answers::live_header(&self.names, name, text(value));
                let name: reqwest::header::HeaderName = name.parse().expect("a name");
                (name, value.parse().expect("a value"))
            })
            .collect();
        request.headers(headers)
    }

    /// Makes the calls that were made between browsers' steps: by an administrator, or in code.
    async fn between_steps(&mut self) -> Outcome {
        while let Some(call) = self.core_calls.peek() {
            let step = text(&call["step"]).to_owned();
            if self.steps.contains(&step) {
                break;
            }
            self.core_calls_of(&step).await?;
        }
        Ok(())
    }

    /// Makes the calls of one step that change something.
    async fn core_calls_of(&mut self, step: &str) -> Outcome {
        while let Some(call) = self.core_calls.next_if(|call| call["step"] == step) {
            if call["request"]["method"] != "GET" {
                let done = self.names.ask_core(&self.core, &call).await;
                done.map_err(|difference| format!("the Core, at {step}: {difference}"))?;
            }
        }
        Ok(())
    }

    /// Sets the clock to a step that we serve, and passes over its calls.
    fn time_of(&mut self, step: &str) {
        while let Some(call) = self.core_calls.next_if(|call| call["step"] == step) {
            let path = text(&call["request"]["path"]);
            if let Some(time) = time_of(path, &call["response"]["body"]) {
                self.core.clock.set(time);
            }
        }
    }
}

fn lines(file: &str) -> impl Iterator<Item = Value> {
    file.lines().map(|line| serde_json::from_str(line).expect("a line of JSON"))
}

/// The path of a step, and its query.
fn split_path(line: &Value) -> (&str, Vec<(String, String)>) {
    let path = text(&line["request"]["path"]);
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let query = url::form_urlencoded::parse(query.as_bytes());
    (path, query.into_owned().collect())
}
