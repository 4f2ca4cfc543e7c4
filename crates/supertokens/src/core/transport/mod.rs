//! How a request reaches a Core: which of its addresses, in which version of the CDI, for how long.

mod call;
mod hosts;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::{Response, StatusCode, header, header::HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{sleep, timeout},
};
use tracing::instrument;
use url::Url;

pub(crate) use self::call::Call;
use self::hosts::{Host, Hosts};
use crate::{core::CoreError, metrics::record_core_call};

/// The CDI versions that this client speaks, the best first. What it asks for is the same in all.
const VERSIONS: [&str; 3] = ["5.4", "5.3", "5.2"];

/// Long enough for a lost SYN to be sent again, which happens after a second (RFC 6298).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Below the 20 seconds after which the Core's server closes a connection that rests: a request
/// must not meet one that is just being closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// How long an address may take to list its versions.
const NEGOTIATION: Duration = Duration::from_secs(1);
/// After so long without a response to a call that takes long, its address is asked whether it still answers.
const PROBE_AFTER: Duration = Duration::from_secs(1);
/// Without a response within this time the address counts as silent.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

/// How many calls are under way at once for each address: a Core answers some ten at a time
/// (`max_server_pool_size`), and those that wait there use up their patience, though they may yet be
/// done.
const AT_ONCE: usize = 16;
/// How many of them may make the Core hash a password, which takes long: all else goes on meanwhile.
const HASHING_AT_ONCE: usize = 8;
/// How many more wait here for their turn: each as long as it would for its answer.
const WAITING: usize = 4096;

/// The media type of every body. A Core is a servlet, which reads a body without a charset as ISO-8859-1
/// (Jakarta Servlet 6.0, 3.12).
const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// Bounds what a Core may ask clients to wait, in seconds.
const MAX_RETRY_AFTER: u64 = 60;

/// The addresses of one Core, its key, and its connections; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Transport(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    http: reqwest::Client,
    hosts: Hosts,
    api_key: Option<SecretString>,
    /// For each call, waiting or under way.
    places: Semaphore,
    /// For each call that is under way.
    turns: Semaphore,
    /// For each of them that hashes a password.
    hashing: Semaphore,
}

/// A successful answer.
struct Reply {
    body: Vec<u8>,
    /// In seconds, from `Cache-Control`.
    max_age: Option<u64>,
}

/// A host that gave no usable answer.
struct Failed {
    error: CoreError,
    /// Whether the host may have done what was asked.
    maybe_done: bool,
}

impl Failed {
    /// A failure before anything was asked.
    fn undone(error: CoreError) -> Self {
        Self { error, maybe_done: false }
    }
}

impl Transport {
    pub fn new(hosts: Vec<Url>, api_key: Option<SecretString>) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        let at_once = AT_ONCE * hosts.len().max(1);
        let (places, turns) = (Semaphore::new(at_once + WAITING), Semaphore::new(at_once));
        let hashing = Semaphore::new(HASHING_AT_ONCE * hosts.len().max(1));
        Ok(Self(Arc::new(Inner {
            http,
            hosts: Hosts::new(hosts),
            api_key,
            places,
            turns,
            hashing,
        })))
    }

    /// The answer's body, read as JSON.
    pub async fn json<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T, CoreError> {
        Ok(self.json_for(call).await?.0)
    }

    /// The answer's body, read as JSON, and for how many seconds it may be kept, if the Core says so.
    pub async fn json_for<T: DeserializeOwned>(
        &self,
        call: Call<'_>,
    ) -> Result<(T, Option<u64>), CoreError> {
        let Reply { body, max_age } = self.fetch(&call).await?;
        let content = serde_json::from_slice(&body);
        content
            .map(|content| (content, max_age))
            .map_err(|error| call.unexpected(&error.to_string()))
    }

    #[instrument(name = "core", skip_all, fields(http.method = %call.method, url.path = call.path))]
    async fn fetch(&self, call: &Call<'_>) -> Result<Reply, CoreError> {
        let _turn = self.turn(call).await?;
        let started = Instant::now();
        let answer = timeout(call.patience, self.ask_hosts(call, started + call.patience))
            .await
            .unwrap_or_else(|_| {
                Err(CoreError::Unavailable(format!("no answer within {:?}", call.patience)))
            });
        record(&answer, started.elapsed());
        answer
    }

    /// Waits for the turn of a call. The key set and the check of the Core do not wait: a busy service must not
    /// report its Core as unavailable.
    async fn turn(&self, call: &Call<'_>) -> Result<[Option<SemaphorePermit<'_>>; 3], CoreError> {
        const BUSY: CoreError = CoreError::Busy { retry_after: 1 };
        if !call.is_queued {
            return Ok([None, None, None]);
        }
        let Inner { places, turns, hashing, .. } = &*self.0;
        let place = places.try_acquire().map_err(|_| BUSY)?;
        let turn = async {
            let hashing =
                if call.hashes { Some(hashing.acquire().await.map_err(|_| BUSY)?) } else { None };
            let turn = turns.acquire().await.map_err(|_| BUSY)?;
            Ok([Some(turn), hashing, Some(place)])
        };
        timeout(call.patience, turn).await.unwrap_or(Err(BUSY))
    }

    /// Asks until there is an answer. A Core that is busy is asked again when it wants to be, if that is before the
    /// deadline.
    async fn ask_hosts(&self, call: &Call<'_>, deadline: Instant) -> Result<Reply, CoreError> {
        loop {
            let error = match self.ask_each(call).await {
                Err(error @ CoreError::Busy { .. }) => error,
                outcome => return outcome,
            };
            let CoreError::Busy { retry_after } = error else { return Err(error) };
            let pause = Duration::from_secs(retry_after);
            if Instant::now() + pause >= deadline {
                return Err(error);
            }
            sleep(pause).await;
        }
    }

    /// Asks one host after the other: those after the first only if nothing can have been done, or if doing it twice
    /// does no harm.
    async fn ask_each(&self, call: &Call<'_>) -> Result<Reply, CoreError> {
        let hosts = self.0.hosts.in_turn();
        let mut last = CoreError::Unavailable("no address is configured".into());
        for host in &hosts {
            let Failed { error, maybe_done } = match self.ask(host, call).await {
                Ok(reply) => {
                    host.answered();
                    return Ok(reply);
                }
                Err(failed) => failed,
            };
            match &error {
                CoreError::InvalidPageToken => return Err(error),
                CoreError::Busy { retry_after } => host.pause(Duration::from_secs(*retry_after)),
                _ => host.failed(),
            }
            if maybe_done && !call.is_repeatable() {
                return Err(error);
            }
            if hosts.len() > 1 {
                tracing::warn!(host = %host.url, %error, "a Core is passed over");
            }
            // One that is busy can be asked again.
            if !matches!(last, CoreError::Busy { .. }) {
                last = error;
            }
        }
        Err(last)
    }

    async fn ask(&self, host: &Host, call: &Call<'_>) -> Result<Reply, Failed> {
        if !call.is_versioned {
            return self.send(host, call, None).await;
        }
        let version = match host.version() {
            Some(version) => version,
            None => self.negotiate(host).await?,
        };
        let Failed { error, maybe_done } = match self.send(host, call, Some(version)).await {
            Err(failed) => failed,
            answered => return answered,
        };
        let CoreError::UnsupportedVersion(text) = error else {
            return Err(Failed { error, maybe_done });
        };
        // It was replaced by another release.
        host.set_version(None);
        let now = self.negotiate(host).await?;
        if now == version {
            let what = format!("it lists CDI {version} and rejects it: {text}");
            return Err(Failed::undone(call.unexpected(&what)));
        }
        tracing::warn!(host = %host.url, from = version, to = now, "another CDI version is spoken");
        self.send(host, call, Some(now)).await
    }

    /// The best version of the CDI that this host speaks, too.
    async fn negotiate(&self, host: &Host) -> Result<&'static str, Failed> {
        #[derive(Deserialize)]
        struct Spoken {
            versions: Vec<String>,
        }
        let call = Call::unversioned("apiversion").patience(NEGOTIATION);
        let reply = self.send(host, &call, None).await;
        let reply = reply.map_err(|Failed { error, .. }| Failed::undone(error))?;
        let spoken: Spoken = serde_json::from_slice(&reply.body).map_err(|error| {
            Failed::undone(call.unexpected(&format!("no list of versions: {error}")))
        })?;
        let common = VERSIONS.into_iter().find(|ours| spoken.versions.iter().any(|v| v == ours));
        let version = common.ok_or_else(|| {
            Failed::undone(call.unexpected(&format!(
                "no CDI version in common: the Core speaks {}, this service {}",
                spoken.versions.join(", "),
                VERSIONS.join(", ")
            )))
        })?;
        host.set_version(Some(version));
        Ok(version)
    }

    async fn send(
        &self,
        host: &Host,
        call: &Call<'_>,
        version: Option<&str>,
    ) -> Result<Reply, Failed> {
        let failed = |error| Failed { error, maybe_done: true };
        let sent = self.request(host, call, version).send();
        let answer = tokio::select! {
            answer = sent => answer.map_err(|error| Failed {
                maybe_done: !error.is_connect(),
                error: unavailable(error),
            })?,
            () = self.falls_silent(host), if call.hashes => {
                return Err(failed(CoreError::Unavailable("the address no longer answers".into())));
            }
        };
        let status = answer.status();
        if status == StatusCode::TOO_MANY_REQUESTS {
            return Err(Failed::undone(CoreError::Busy { retry_after: retry_after(&answer) }));
        }
        if status.is_server_error() {
            return Err(failed(CoreError::Unavailable(format!("answered {status}"))));
        }
        let max_age = max_age(&answer);
        let body = read(call, answer).await.map_err(failed)?;
        if !status.is_success() {
            return Err(failed(call.rejected(status, &String::from_utf8_lossy(&body))));
        }
        Ok(Reply { body, max_age })
    }

    /// Resolves when the host does not even answer `GET /hello`, which takes a Core no time. A call that hashes a
    /// password may take long, and would else wait for a host that is gone.
    async fn falls_silent(&self, host: &Host) {
        loop {
            sleep(PROBE_AFTER).await;
            let hello = self.0.http.get(host.address("hello")).timeout(PROBE_TIMEOUT);
            if hello.send().await.is_err() {
                return;
            }
        }
    }

    fn request(
        &self,
        host: &Host,
        call: &Call<'_>,
        version: Option<&str>,
    ) -> reqwest::RequestBuilder {
        let url = host.address(call.path);
        // A host that hangs is given up before the call is, so that it is passed over next time;
        // where others may be asked, it leaves time for them.
        let others = if call.is_repeatable() { self.0.hosts.len() } else { 1 };
        let share = u32::try_from(others).unwrap_or(u32::MAX).max(1);
        let timeout = call.patience * 9 / 10 / share;
        let request = self.0.http.request(call.method.clone(), url);
        let mut request = request.query(call.query).timeout(timeout);
        if let Some(version) = version {
            request = request.header("cdi-version", version);
        }
        if let Some(recipe) = call.recipe {
            request = request.header("rid", recipe);
        }
        if let Some(key) = &self.0.api_key {
            request = request.header("api-key", key.expose_secret());
        }
        match &call.body {
            Some(body) => request.header(header::CONTENT_TYPE, JSON).body(body.to_string()),
            None => request,
        }
    }
}

/// How many seconds the answer may be kept (RFC 9111, 5.2.2).
fn max_age(answer: &Response) -> Option<u64> {
    let text = answer.headers().get(header::CACHE_CONTROL)?.to_str().ok()?.to_ascii_lowercase();
    let mut directives = text.split(',').map(str::trim);
    if directives.clone().any(|directive| matches!(directive, "no-store" | "no-cache")) {
        return Some(0);
    }
    directives
        .find_map(|directive| directive.strip_prefix("max-age=")?.trim_matches('"').parse().ok())
}

/// Whole seconds to wait; a date, which the header may hold too, counts as the least.
fn retry_after(answer: &Response) -> u64 {
    let text = answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    text.and_then(|text| text.parse().ok()).unwrap_or(1).clamp(1, MAX_RETRY_AFTER)
}

/// Records the outcome of a call.
fn record<T>(answer: &Result<T, CoreError>, took: Duration) {
    let outcome = match answer {
        Ok(_) => "ok",
        Err(CoreError::Busy { .. }) => "busy",
        Err(CoreError::Unavailable(_)) => "unavailable",
        Err(
            CoreError::InvalidApiKey(_)
            | CoreError::UnknownAddress(_)
            | CoreError::InvalidPageToken
            | CoreError::UnsupportedVersion(_)
            | CoreError::Unexpected { .. },
        ) => "unexpected",
    };
    record_core_call(outcome, took.as_secs_f64());
}

fn unavailable(error: reqwest::Error) -> CoreError {
    // Without the URL: it can hold an email or a user id.
    let error = error.without_url();
    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    CoreError::Unavailable(format!("{error}: {cause}"))
}

async fn read(call: &Call<'_>, mut answer: Response) -> Result<Vec<u8>, CoreError> {
    let max = call.max_answer;
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(unavailable)? {
        if body.len() + chunk.len() > max {
            return Err(call.unexpected(&format!("it has more than {max} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
