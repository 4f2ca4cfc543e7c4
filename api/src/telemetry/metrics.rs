//! What is counted and timed, under which names, and how Prometheus reads it.
//!
//! Every label has few values: routes are those of the route table, operations those of the
//! manifests. What a client chooses is no label.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use anyhow::Context as _;
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use metrics_process::Collector;

/// Upper bounds of the histograms, in seconds.
const BUCKETS: [f64; 14] =
    [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];

/// How often what was recorded is put into the histograms: until then each value waits.
const UPKEEP: Duration = Duration::from_secs(5);

const REQUESTS: &str = "http_requests_total";
const REQUEST_TIME: &str = "http_request_duration_seconds";
const OPERATIONS: &str = "graphql_operations_total";
const OPERATION_TIME: &str = "graphql_operation_duration_seconds";
pub const POOL_WAIT: &str = "database_pool_wait_seconds";
const STATEMENT_TIME: &str = pg_scope::STATEMENT_DURATION;
pub const POOL_CONNECTIONS: &str = "database_pool_connections";
pub const POOL_MAX: &str = "database_pool_max_connections";
pub const POOL_WAITING: &str = "database_pool_waiting";
pub const KEYS_AGE: &str = "jwks_age_seconds";
pub const CORE_CALLS: &str = "core_calls_total";
pub const CORE_TIME: &str = "core_call_duration_seconds";
pub const SOCKETS: &str = "websockets_open";
pub const LISTENING: &str = "live_listening";
pub const RATE_LIMITED: &str = "rate_limited_total";
pub const CONNECTIONS: &str = "connections_open";
pub const CONNECTIONS_REFUSED: &str = "connections_refused_total";
pub const REQUESTS_SHED: &str = "requests_shed_total";

static INSTALLED: OnceLock<PrometheusHandle> = OnceLock::new();

/// From now on what is recorded is kept.
pub(super) fn install() -> anyhow::Result<()> {
    let recorder = PrometheusBuilder::new().set_buckets(&BUCKETS)?.build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).context("metrics are recorded already")?;
    describe();
    let kept = INSTALLED.get_or_init(|| handle).clone();
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(UPKEEP);
        loop {
            ticks.tick().await;
            kept.run_upkeep();
        }
    });
    Ok(())
}

/// In the text format of Prometheus. Nothing where nobody installed it.
#[must_use]
pub fn render() -> String {
    Collector::default().collect();
    INSTALLED.get().map(PrometheusHandle::render).unwrap_or_default()
}

/// An answer was sent, or its client went away (`status` 499).
pub(super) fn request(method: &'static str, route: &Arc<str>, status: u16, took: Duration) {
    let route = Arc::clone(route);
    let status = status.to_string();
    counter!(REQUESTS, "method" => method, "route" => Arc::clone(&route), "status" => status)
        .increment(1);
    histogram!(REQUEST_TIME, "route" => route).record(took);
}

/// An operation was executed, or refused. `code` is `OK` or that of its first error.
pub(super) fn operation(name: &Arc<str>, code: Arc<str>, took: Duration) {
    counter!(OPERATIONS, "operation" => Arc::clone(name), "code" => code).increment(1);
    histogram!(OPERATION_TIME, "operation" => Arc::clone(name)).record(took);
}

fn describe() {
    describe_counter!(REQUESTS, "Requests, by method, route and status; 499: the client went away");
    describe_histogram!(REQUEST_TIME, Unit::Seconds, "How long a request took, by route");
    describe_counter!(OPERATIONS, "GraphQL operations, by name (of a manifest) and code");
    describe_histogram!(OPERATION_TIME, Unit::Seconds, "How long an operation took, by name");
    describe_histogram!(POOL_WAIT, Unit::Seconds, "How long was waited for a connection");
    describe_histogram!(
        STATEMENT_TIME,
        Unit::Seconds,
        "How long the database took for a statement, by access and outcome"
    );
    describe_gauge!(POOL_CONNECTIONS, "Connections to the database, by state: used or idle");
    describe_gauge!(POOL_MAX, "How many connections there may be");
    describe_gauge!(POOL_WAITING, "How many requests wait for a connection");
    describe_gauge!(KEYS_AGE, Unit::Seconds, "How long ago the signing keys were fetched");
    describe_counter!(CORE_CALLS, "Calls of the SuperTokens Core, by outcome");
    describe_histogram!(CORE_TIME, Unit::Seconds, "How long a call of the Core took");
    describe_gauge!(SOCKETS, "Open WebSockets");
    describe_gauge!(LISTENING, "1 while the database tells of changes, else 0");
    describe_gauge!(CONNECTIONS, "Open connections of clients, WebSockets among them");
    describe_counter!(CONNECTIONS_REFUSED, "Connections for which there was no place");
    describe_counter!(REQUESTS_SHED, "GraphQL requests refused because too many were under way");
    describe_counter!(RATE_LIMITED, "Attempts that were refused for there were too many, by limit");
    Collector::default().describe();
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_dashboard_and_the_document_name_what_is_measured_and_nothing_else() {
        let measured = [
            REQUESTS,
            REQUEST_TIME,
            OPERATIONS,
            OPERATION_TIME,
            POOL_WAIT,
            STATEMENT_TIME,
            POOL_CONNECTIONS,
            POOL_MAX,
            POOL_WAITING,
            KEYS_AGE,
            CORE_CALLS,
            CORE_TIME,
            SOCKETS,
            LISTENING,
            RATE_LIMITED,
        ];
        let document = include_str!("../../../docs/operations.md");
        for name in measured {
            assert!(document.contains(&format!("`{name}`")), "{name} is not described");
        }
        let dashboard = include_str!("../../../docs/grafana.json");
        serde_json::from_str::<serde_json::Value>(dashboard).expect("JSON");
        // `name{labels}` in each expression.
        let asked: BTreeSet<_> = dashboard
            .match_indices('{')
            .map(|(at, _)| dashboard[..at].rsplit(|c: char| c != '_' && !c.is_ascii_lowercase()))
            .filter_map(|mut words| words.next().filter(|word| !word.is_empty()))
            .map(|word| word.trim_end_matches("_bucket"))
            .filter(|word| !word.starts_with("process_"))
            .collect();
        assert_eq!(asked, BTreeSet::from(measured));
    }
}
