//! The service in the place of the recorded one, on a Core that lives through the same.

use std::collections::HashSet;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use supertokens::recipes::thirdparty::{Protocol, ProviderOptions};

use super::{
    super::{demo, provider::TestProvider},
    CDI_FILES, answers, differences, lines, server_side,
};
use crate::support::{
    app::{Answer, TestApp},
    core::{TestClock, TestCore},
    database::TestDatabase,
    mail,
    recorder::Recorder,
    replay::{Outcome, RecordedHeaders, Replay, STARTED, text, time_of},
};

/// Steps that need a GET, which no proof against CSRF is asked of. All others that show a session
/// are sent to `POST /graphql`.
const BY_GET: [&str; 3] = [
    "VIA_CUSTOM_HEADER sessioninfo GET without proof",
    "VIA_TOKEN sessioninfo GET without proof",
    "VIA_TOKEN sessioninfo with rid",
];

/// Stands for the demo's `/sessioninfo`.
const SESSION: &str = "{ session { sessionHandle: id userId accessTokenPayload } }";

/// How far times may be apart from the recorded ones: the recordings tell the time of a step, not
/// of each of its parts.
const SLACK: i64 = 2000;

/// The providers of the recorded backend. Google was out of its reach.
fn providers(custom: &TestProvider) -> Vec<ProviderOptions> {
    let mut google = ProviderOptions::google("g".into(), "s".to_owned().into());
    google.protocol = Protocol::Oidc { issuer: "http://127.0.0.1:9".parse().expect("a URL") };
    // The code of the recording.
    custom.grant("A8E67tpgb-85PLJcAgAUkCk4N4Dw39PMgym35j6o1jF", &custom.claims("grace"));
    vec![
        google,
        ProviderOptions::github("gh".into(), "s".to_owned().into()),
        ProviderOptions::twitter("tw".into(), "s".to_owned().into()),
        custom.options(),
    ]
}

pub struct Backend {
    app: TestApp,
    pub core: TestCore,
    /// Between the two.
    recorder: Recorder,
    recorded_headers: RecordedHeaders,
    pub headers_compared: usize,
    pub names: Replay,
    /// The steps that browsers took; the Core was also called between them.
    steps: HashSet<String>,
    /// What the reference's Core was asked and we have not come to yet.
    core_calls: Lines,
    /// What the server itself asked for, and we have not come to yet.
    pub server_side: Lines,
    pub server_side_compared: usize,
    /// How many mails were read.
    mails: usize,
}

type Lines = std::iter::Peekable<std::vec::IntoIter<Value>>;

impl Backend {
    pub async fn start(anti_csrf: &str, fdi: &str, cdi: &str, sdk: &str) -> Self {
        let clock = TestClock::at(STARTED);
        let core = TestCore::start_with(TestDatabase::new().await, clock, |options| options).await;
        // The versions of the CDI that the recorded Core speaks.
        let versions = lines(cdi)
            .find(|line| text(&line["request"]["path"]).starts_with("/apiversion"))
            .expect("a negotiation");
        let versions = versions["response"]["body"].clone();
        let recorder = Recorder::speaking(&core.url(), versions).await;
        let vars = [
            ("API_DOMAIN", "http://localhost:3001"),
            ("WEBSITE_DOMAIN", "http://localhost:3000"),
            ("ANTI_CSRF", anti_csrf),
            ("SUPERTOKENS_URI", recorder.url.as_str()),
        ];
        let provider = TestProvider::start().await;
        let providers = providers(&provider);
        Self {
            app: TestApp::start_changed(
                TestDatabase::migrated().await,
                &vars,
                core.clock.clock(),
                |config| config.providers = providers,
                |state| demo::routes(state.supertokens.clone()),
            )
            .await,
            core,
            recorder,
            recorded_headers: RecordedHeaders::of(CDI_FILES),
            headers_compared: 0,
            names: Replay::with_slack(SLACK),
            steps: lines(fdi).map(|line| text(&line["step"]).to_owned()).collect(),
            core_calls: lines(cdi).collect::<Vec<_>>().into_iter().peekable(),
            server_side: lines(sdk).collect::<Vec<_>>().into_iter().peekable(),
            server_side_compared: 0,
            mails: 0,
        }
    }

    /// Takes one step, and compares what came of it.
    pub async fn step(&mut self, line: &Value) -> Outcome {
        let step = text(&line["step"]);
        self.between_steps().await?;
        let mailed = self.time_of(step);
        let answer = self.send(line).await;
        self.compare_headers(step)?;
        if let Some(outcome) = differences::compare(line, &answer) {
            return outcome;
        }
        answers::compare(&mut self.names, line, &answer)?;
        if let Some(recorded) = mailed {
            let mail = mail::next(&self.app, &mut self.mails).await;
            self.names.same_name(&recorded, &mail.token())?;
        }
        Ok(())
    }

    /// Compares the headers of all that the service sent to the Core since the last call.
    fn compare_headers(&mut self, step: &str) -> Outcome {
        self.recorder.take().iter().try_for_each(|sent| {
            self.headers_compared += 1;
            self.recorded_headers.compare(step, sent)
        })
    }

    async fn send(&self, line: &Value) -> Answer {
        let (path, query) = split_path(line);
        let method: Method = text(&line["request"]["method"]).parse().expect("a method");
        let request = if path == "/sessioninfo" && !BY_GET.contains(&text(&line["step"])) {
            let body = json!({"query": SESSION});
            self.app.post("/graphql").json(&body)
        } else {
            let request = self.app.request(method.clone(), path).query(&query);
            if method == Method::POST {
                let body = self.names.live_body(&line["request"]["body"]).expect("a body");
                request.body(body.to_string())
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
            if self.server_side_calls(&step).await? {
                self.time_of(&step);
            } else {
                self.core_calls_of(&step).await?;
            }
        }
        Ok(())
    }

    /// Makes the calls of the server itself up to those of `step`. Answers whether they are all
    /// that changed something in that step.
    async fn server_side_calls(&mut self, step: &str) -> Result<bool, String> {
        if !self.server_side.clone().any(|line| line["step"] == step) {
            return Ok(false);
        }
        let (mut has_come, mut changes) = (false, false);
        while let Some(line) = self.server_side.next_if(|line| !has_come || line["step"] == step) {
            has_come |= line["step"] == step;
            changes = text(&line["call"]) != "count";
            let outcome = server_side::compare(&self.app, &mut self.names, &line).await;
            outcome
                .map_err(|difference| format!("the server, at {}: {difference}", line["step"]))?;
            self.compare_headers(text(&line["step"]))?;
            self.server_side_compared += 1;
        }
        Ok(changes)
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

    /// Sets the clock to a step, and passes over its calls. Answers the token that
    /// was mailed in it.
    fn time_of(&mut self, step: &str) -> Option<String> {
        let mut mailed = None;
        while let Some(call) = self.core_calls.next_if(|call| call["step"] == step) {
            let path = text(&call["request"]["path"]);
            if let Some(time) = time_of(path, &call["response"]["body"]) {
                self.core.clock.set(time);
            }
            if path.ends_with("/token") {
                mailed = call["response"]["body"]["token"].as_str().map(str::to_owned).or(mailed);
            }
        }
        mailed
    }
}

/// The path of a step, and its query.
fn split_path(line: &Value) -> (&str, Vec<(String, String)>) {
    let path = text(&line["request"]["path"]);
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let query = url::form_urlencoded::parse(query.as_bytes());
    (path, query.into_owned().collect())
}
