//! Whether the service can serve requests: the state of the database, the signing keys and the Core.
//!
//! One background task checks them, once a second at most and only when the state is requested. Any number of
//! requests, also aborted ones, costs one check.

use std::{sync::Arc, time::Duration};

use axum::http::StatusCode;
use serde_json::{Value, json};
use supertokens::{SuperTokens, core::CoreError};
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
    time::Instant,
};

use crate::{
    live::{ListenerState, Live, NOT_DELIVERED},
    rls::Rls,
    shutdown::Shutdown,
};

/// How old the checks of a report may be. They are repeated when an older one is requested.
const MAX_AGE: Duration = Duration::from_secs(1);

/// Checks the service's dependencies in the background; cheap to clone. The task ends with the last clone.
#[derive(Clone)]
pub struct HealthMonitor(Arc<Inner>);

struct Inner {
    requested: Arc<Notify>,
    checks: watch::Receiver<Option<Arc<Checks>>>,
    live: Live,
    shutdown: Shutdown,
    _task: JoinSet<()>,
}

/// Results of one check of everything that is elsewhere.
struct Checks {
    finished_at: Instant,
    database: DatabaseState,
    has_keys: bool,
    core: Result<(), CoreError>,
}

enum DatabaseState {
    Ok,
    /// Every connection is in use, so requests wait. The database itself responds to them.
    Busy(pg_scope::Error),
    Unavailable(pg_scope::Error),
}

impl From<Result<(), pg_scope::Error>> for DatabaseState {
    fn from(pinged: Result<(), pg_scope::Error>) -> Self {
        match pinged {
            Ok(()) => Self::Ok,
            Err(error @ pg_scope::Error::PoolExhausted(_)) => Self::Busy(error),
            Err(error) => Self::Unavailable(error),
        }
    }
}

impl DatabaseState {
    fn is_ready(&self) -> bool {
        !matches!(self, Self::Unavailable(_))
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Busy(_) => "busy",
            Self::Unavailable(_) => "unavailable",
        }
    }

    fn reason(&self) -> String {
        match self {
            Self::Ok => "ok".to_owned(),
            Self::Busy(error) | Self::Unavailable(error) => error.to_string(),
        }
    }
}

impl Checks {
    async fn run(rls: &Rls, supertokens: &SuperTokens) -> Self {
        let (database, has_keys, core) =
            tokio::join!(rls.ping(), supertokens.can_check_sessions(), supertokens.can_sign_in());
        Self { finished_at: Instant::now(), database: database.into(), has_keys, core }
    }

    fn is_fresh(&self) -> bool {
        self.finished_at.elapsed() < MAX_AGE
    }
}

impl HealthMonitor {
    pub fn start(rls: Rls, supertokens: SuperTokens, live: Live, shutdown: Shutdown) -> Self {
        let (sender, checks) = watch::channel(None::<Arc<Checks>>);
        let requested = Arc::new(Notify::new());
        let mut task = JoinSet::new();
        let requests = Arc::clone(&requested);
        task.spawn(async move {
            loop {
                requests.notified().await;
                // The request may have been notified of a check that finished meanwhile.
                if sender.borrow().as_ref().is_some_and(|checks| checks.is_fresh()) {
                    continue;
                }
                let checks = Checks::run(&rls, &supertokens).await;
                sender.send_replace(Some(Arc::new(checks)));
            }
        });
        Self(Arc::new(Inner { requested, checks, live, shutdown, _task: task }))
    }

    /// The state of the service. Waits for the checks when the last ones are older than a second.
    pub async fn report(&self) -> Report {
        let mut receiver = self.0.checks.clone();
        let checks = loop {
            let latest = receiver.borrow_and_update().clone();
            if latest.as_ref().is_some_and(|checks| checks.is_fresh()) {
                break latest;
            }
            self.0.requested.notify_one();
            if receiver.changed().await.is_err() {
                break None;
            }
        };
        Report { checks, listener: self.0.live.state(), is_stopping: self.0.shutdown.has_begun() }
    }
}

/// The state of the service at one time.
pub struct Report {
    /// None if the task that checks has failed.
    checks: Option<Arc<Checks>>,
    listener: ListenerState,
    is_stopping: bool,
}

impl Report {
    /// 200 when signed-in users can be served, otherwise 503. The Core and the listener take no copy out of
    /// service: all copies share the Core, and without the listener changes arrive late but are not lost.
    pub fn status(&self) -> StatusCode {
        let is_ready = |checks: &Arc<Checks>| checks.database.is_ready() && checks.has_keys;
        if self.checks.as_ref().is_some_and(is_ready) && !self.is_stopping {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        }
    }

    /// For the public: `ok` or `unavailable` for each dependency, or `busy` for the database.
    pub fn summary(&self) -> Value {
        let word = |is_ok| if is_ok { "ok" } else { "unavailable" };
        let checks = self.checks.as_ref();
        self.with_service(json!({
            "database": checks.map_or("unavailable", |checks| checks.database.word()),
            "keys": word(checks.is_some_and(|checks| checks.has_keys)),
            "core": word(checks.is_some_and(|checks| checks.core.is_ok())),
            "live": word(self.listener == ListenerState::Listening),
        }))
    }

    /// For operators: `ok` or the reason for each dependency.
    pub fn reasons(&self) -> Value {
        const NO_KEYS: &str = "no signing key was fetched from the Core yet";
        let ok = || "ok".to_owned();
        let reason = |is_ok, reason: &str| if is_ok { ok() } else { reason.to_owned() };
        let Some(checks) = &self.checks else {
            return json!({ "service": "the health checks have stopped: restart the service" });
        };
        self.with_service(json!({
            "database": checks.database.reason(),
            "keys": reason(checks.has_keys, NO_KEYS),
            "core": checks.core.as_ref().map_or_else(ToString::to_string, |()| ok()),
            "live": self.live_reason(),
        }))
    }

    fn live_reason(&self) -> &'static str {
        match self.listener {
            ListenerState::Listening => "ok",
            ListenerState::Connecting => {
                "LISTEN is not connected: clients receive changes when they reconnect"
            }
            ListenerState::NotDelivered => NOT_DELIVERED,
        }
    }

    fn with_service(&self, mut report: Value) -> Value {
        if self.is_stopping {
            report["service"] = "stopping".into();
        }
        report
    }
}
