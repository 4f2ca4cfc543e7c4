//! Metrics of the feature `metrics`. Without it nothing is recorded.

#![cfg_attr(not(feature = "metrics"), expect(unused_variables, reason = "nothing is recorded"))]

/// Counts a request that exceeded a limit. `limit` is the limit's name.
pub(crate) fn count_rejected(limit: &'static str) {
    #[cfg(feature = "metrics")]
    metrics::counter!("rate_limited_total", "limit" => limit).increment(1);
}

/// Records a call to the Core that took `seconds`.
pub(crate) fn record_core_call(outcome: &'static str, seconds: f64) {
    #[cfg(feature = "metrics")]
    {
        metrics::counter!("core_calls_total", "outcome" => outcome).increment(1);
        metrics::histogram!("core_call_duration_seconds").record(seconds);
    }
}
