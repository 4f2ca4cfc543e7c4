//! How a request reaches a Core: which of its addresses, in which version of the CDI, for how long.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::{Method, Response, StatusCode, header, header::HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};
use tracing::instrument;
use url::Url;

use super::CoreError;

/// The CDI versions that this client speaks, the best first. What it asks for is the same in all.
const VERSIONS: [&str; 3] = ["5.4", "5.3", "5.2"];

/// A healthy Core answers within milliseconds.
const PATIENCE: Duration = Duration::from_secs(3);
/// Password hashing is slow by design.
const HASHING_PATIENCE: Duration = Duration::from_secs(10);
/// Long enough for a lost SYN to be sent again, which happens after a second (RFC 6298).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Below the 20 seconds after which the Core's server closes a connection that rests: a request
/// must not meet one that is just being closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

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

const MAX_ANSWER: usize = 1024 * 1024;
/// How much of an odd answer the log shows.
const SHOWN: usize = 200;
/// Bounds what a Core may ask clients to wait, in seconds.
const MAX_RETRY_AFTER: u64 = 60;

/// The addresses of one Core, its key, and its connections; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Transport(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    http: reqwest::Client,
    hosts: Vec<Url>,
    /// Index of the host that answered last.
    preferred: AtomicUsize,
    api_key: Option<SecretString>,
    version: OnceCell<&'static str>,
    /// For each call, waiting or under way.
    places: Semaphore,
    /// For each call that is under way.
    turns: Semaphore,
    /// For each of them that hashes a password.
    hashing: Semaphore,
}

/// One request of the CDI.
#[derive(Debug)]
pub(super) struct Call<'a> {
    method: Method,
    /// Without the first slash.
    path: &'a str,
    recipe: Option<&'a str>,
    query: &'a [(&'a str, &'a str)],
    body: Option<Value>,
    patience: Duration,
    max_answer: usize,
    is_versioned: bool,
    is_queued: bool,
    hashes: bool,
}

impl<'a> Call<'a> {
    pub fn new(method: Method, path: &'a str, recipe: Option<&'a str>) -> Self {
        Self {
            method,
            path,
            recipe,
            query: &[],
            body: None,
            patience: PATIENCE,
            max_answer: MAX_ANSWER,
            is_versioned: true,
            is_queued: true,
            hashes: false,
        }
    }

    /// A route that is the same in every version of the CDI.
    pub fn unversioned(path: &'a str) -> Self {
        Self { is_versioned: false, ..Self::new(Method::GET, path, None) }.unqueued()
    }

    /// A call that is sent at once, however many others wait: a Core answers it in no time.
    pub fn unqueued(self) -> Self {
        Self { is_queued: false, ..self }
    }

    pub fn query(self, query: &'a [(&'a str, &'a str)]) -> Self {
        Self { query, ..self }
    }

    pub fn body(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    /// How long the whole call may take.
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// A call that makes the Core hash a password: slow on purpose, and slower with many at once.
    pub fn hashing(self) -> Self {
        Self { patience: HASHING_PATIENCE, hashes: true, ..self }
    }

    /// In bytes.
    pub fn max_answer(self, max_answer: usize) -> Self {
        Self { max_answer, ..self }
    }
}

/// A host that gave no usable answer.
struct Failed {
    error: CoreError,
    /// Whether the host may have done what was asked.
    maybe_done: bool,
}

impl Transport {
    pub fn new(hosts: Vec<Url>, api_key: Option<SecretString>) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        let (preferred, version) = (AtomicUsize::new(0), OnceCell::new());
        let at_once = AT_ONCE * hosts.len().max(1);
        let (places, turns) = (Semaphore::new(at_once + WAITING), Semaphore::new(at_once));
        let hashing = Semaphore::new(HASHING_AT_ONCE * hosts.len().max(1));
        Ok(Self(Arc::new(Inner {
            http,
            hosts,
            preferred,
            api_key,
            version,
            places,
            turns,
            hashing,
        })))
    }

    /// The answer's body, read as JSON.
    pub async fn json<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T, CoreError> {
        let body = self.fetch(&call).await?;
        serde_json::from_slice(&body).map_err(|error| call.unexpected(&error.to_string()))
    }

    /// The answer's body.
    #[instrument(name = "core", skip_all, fields(http.method = %call.method, url.path = call.path))]
    pub async fn fetch(&self, call: &Call<'_>) -> Result<Vec<u8>, CoreError> {
        let _turn = self.turn(call).await?;
        let started = Instant::now();
        let answer = tokio::time::timeout(call.patience, async {
            let version = if call.is_versioned { Some(self.version().await?) } else { None };
            self.ask_hosts(call, version).await
        })
        .await
        .unwrap_or_else(|_| {
            Err(CoreError::Unavailable(format!("no answer within {:?}", call.patience)))
        });
        count(&answer, started.elapsed());
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
        tokio::time::timeout(call.patience, turn).await.unwrap_or(Err(BUSY))
    }

    /// The best version of the CDI that both sides speak; asked for once.
    async fn version(&self) -> Result<&'static str, CoreError> {
        #[derive(Deserialize)]
        struct Spoken {
            versions: Vec<String>,
        }
        let negotiate = || async {
            let call = Call::unversioned("apiversion");
            let body = self.ask_hosts(&call, None).await?;
            let spoken: Spoken = serde_json::from_slice(&body)
                .map_err(|error| call.unexpected(&format!("no list of versions: {error}")))?;
            let common =
                VERSIONS.into_iter().find(|ours| spoken.versions.iter().any(|v| v == ours));
            common.ok_or_else(|| {
                call.unexpected(&format!(
                    "no CDI version in common: the Core speaks {}, this service {}",
                    spoken.versions.join(", "),
                    VERSIONS.join(", ")
                ))
            })
        };
        self.0.version.get_or_try_init(negotiate).await.copied()
    }

    /// Asks the host that answered last, then the others: those after it only where it cannot
    /// have done what is asked, or where doing it twice does no harm.
    async fn ask_hosts(
        &self,
        call: &Call<'_>,
        version: Option<&str>,
    ) -> Result<Vec<u8>, CoreError> {
        let Inner { hosts, preferred, .. } = &*self.0;
        let first = preferred.load(Ordering::Relaxed);
        let mut last = CoreError::Unavailable("no address is configured".into());
        let in_turn = hosts.iter().enumerate().cycle().skip(first % hosts.len().max(1));
        for (index, host) in in_turn.take(hosts.len()) {
            match self.ask(host, call, version).await {
                Ok(body) => {
                    preferred.store(index, Ordering::Relaxed);
                    return Ok(body);
                }
                Err(Failed { error, maybe_done }) => {
                    // Who comes next need not find out again.
                    preferred.store((index + 1) % hosts.len(), Ordering::Relaxed);
                    if maybe_done && call.method != Method::GET {
                        return Err(error);
                    }
                    if hosts.len() > 1 {
                        tracing::warn!(%host, %error, "a Core is passed over");
                    }
                    last = error;
                }
            }
        }
        Err(last)
    }

    async fn ask(
        &self,
        host: &Url,
        call: &Call<'_>,
        version: Option<&str>,
    ) -> Result<Vec<u8>, Failed> {
        let failed = |error| Failed { error, maybe_done: true };
        let answer = self.request(host, call, version).send().await.map_err(|error| Failed {
            maybe_done: !error.is_connect(),
            error: unavailable(error),
        })?;
        let status = answer.status();
        if status == StatusCode::TOO_MANY_REQUESTS {
            let error = CoreError::Busy { retry_after: retry_after(&answer) };
            return Err(Failed { error, maybe_done: false });
        }
        if status.is_server_error() {
            return Err(failed(CoreError::Unavailable(format!("answered {status}"))));
        }
        let body = call.read(answer).await.map_err(failed)?;
        if !status.is_success() {
            return Err(failed(call.rejected(status, &String::from_utf8_lossy(&body))));
        }
        Ok(body)
    }

    fn request(
        &self,
        host: &Url,
        call: &Call<'_>,
        version: Option<&str>,
    ) -> reqwest::RequestBuilder {
        let url = format!("{}/{}", host.as_str().trim_end_matches('/'), call.path);
        // A host that hangs is given up before the call is, so that it is passed over next time;
        // where others may be asked, it leaves time for them.
        let others = if call.method == Method::GET { self.0.hosts.len() } else { 1 };
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

impl Call<'_> {
    async fn read(&self, mut answer: Response) -> Result<Vec<u8>, CoreError> {
        let max = self.max_answer;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(unavailable)? {
            if body.len() + chunk.len() > max {
                return Err(self.unexpected(&format!("it has more than {max} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// The error for a response with a 4xx or 3xx status.
    fn rejected(&self, status: StatusCode, text: &str) -> CoreError {
        let what = shown(&format!("{status}: {}", text.trim()));
        match status {
            StatusCode::UNAUTHORIZED => CoreError::InvalidApiKey(what),
            StatusCode::BAD_REQUEST if text.trim() == "invalid pagination token" => {
                CoreError::InvalidPageToken
            }
            _ if is_unknown_address(status, text.trim()) => CoreError::UnknownAddress(what),
            _ => self.unexpected(&what),
        }
    }

    /// `what` holds parts of the answer.
    fn unexpected(&self, what: &str) -> CoreError {
        let (method, path) = (self.method.clone(), self.path.to_owned());
        CoreError::Unexpected { method, path, what: shown(what) }
    }
}

/// Whether a Core gives this answer because its address has another app, tenant or base path. A 404 of a proxy
/// is none: its Core may only be down.
fn is_unknown_address(status: StatusCode, text: &str) -> bool {
    match status {
        StatusCode::BAD_REQUEST => text.starts_with("AppId or tenantId not found"),
        // A wrong base path of one segment is taken for a tenant.
        StatusCode::FORBIDDEN => text == "Only public tenantId can call this app specific API",
        // The second is Tomcat's page for a path outside of the Core's base path.
        StatusCode::NOT_FOUND => text == "Not found" || text.contains("HTTP Status 404"),
        _ => false,
    }
}

/// The start of a text for the log, in one line, without characters that move a terminal's cursor.
fn shown(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(SHOWN).collect()
}

/// Whole seconds to wait; a date, which the header may hold too, counts as the least.
fn retry_after(answer: &Response) -> u64 {
    let text = answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    text.and_then(|text| text.parse().ok()).unwrap_or(1).clamp(1, MAX_RETRY_AFTER)
}

/// For whoever watches: `telemetry::metrics` of the service describes the names.
fn count<T>(answer: &Result<T, CoreError>, took: Duration) {
    let outcome = match answer {
        Ok(_) => "ok",
        Err(CoreError::Busy { .. }) => "busy",
        Err(CoreError::Unavailable(_)) => "unavailable",
        Err(
            CoreError::InvalidApiKey(_)
            | CoreError::UnknownAddress(_)
            | CoreError::InvalidPageToken
            | CoreError::Unexpected { .. },
        ) => "unexpected",
    };
    metrics::counter!("core_calls_total", "outcome" => outcome).increment(1);
    metrics::histogram!("core_call_duration_seconds").record(took);
}

fn unavailable(error: reqwest::Error) -> CoreError {
    // Without the URL: it can hold an email or a user id.
    let error = error.without_url();
    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    CoreError::Unavailable(format!("{error}: {cause}"))
}
