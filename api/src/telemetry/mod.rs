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

pub use self::traces::Options as TracesOptions;
use crate::config::Config;

/// What has to end before the process does.
#[must_use = "lines and spans that wait are lost when it is dropped too early"]
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
    _lines: Option<WorkerGuard>,
}

impl Telemetry {
    /// Starts logging and, where somebody asks for them, traces and metrics. Once a process.
    pub fn start(config: &Config) -> anyhow::Result<Self> {
        let (lines, guard) = logs::layer(config.environment);
        let traces = config.operations.otlp().map(|options| traces::provider(&options));
        let traces = traces.transpose().context("OTEL_EXPORTER_OTLP_ENDPOINT")?;
        tracing_subscriber::registry()
            .with(lines.with_filter(EnvFilter::new(&config.log)))
            .with(traces.as_ref().map(traces::layer))
            .init();
        if config.operations.admin_address.is_some() {
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
