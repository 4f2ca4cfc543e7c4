//! What operators see: lines of a log, counts and times, traces.

mod logs;
pub mod metrics;
pub mod request;
mod traces;

use anyhow::Context as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::{
    EnvFilter, Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

pub use self::{logs::Format, traces::Options as TracesOptions};

/// What is collected.
pub struct Options {
    pub format: Format,
    /// In the syntax of `tracing`'s `EnvFilter`.
    pub filter: String,
    /// Where spans go. None: nowhere.
    pub traces: Option<TracesOptions>,
    /// Whether metrics are recorded.
    pub has_metrics: bool,
}

/// What has to end before the process does.
#[must_use = "lines and spans that wait are lost when it is dropped too early"]
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
    _lines: Option<WorkerGuard>,
}

impl Telemetry {
    /// Starts logging, traces and metrics. Call it once in a process.
    pub fn start(options: &Options) -> anyhow::Result<Self> {
        let (lines, guard) = logs::layer(options.format);
        let traces = options.traces.as_ref().map(traces::provider);
        let traces = traces.transpose().context("OTEL_EXPORTER_OTLP_ENDPOINT")?;
        tracing_subscriber::registry()
            .with(lines.with_filter(EnvFilter::new(&options.filter)))
            .with(traces.as_ref().map(traces::layer))
            .init();
        if options.has_metrics {
            metrics::install()?;
        }
        Ok(Self { traces, _lines: guard })
    }

    /// Sends the spans that wait, for at most a few seconds, and writes the lines.
    pub async fn stop(self) {
        let Some(traces) = self.traces else { return };
        // It waits for the exporter, which this thread's runtime may have to run.
        let stopped = tokio::task::spawn_blocking(move || traces.shutdown()).await;
        if !matches!(stopped, Ok(Ok(()))) {
            tracing::warn!("some spans were not sent");
        }
    }
}
