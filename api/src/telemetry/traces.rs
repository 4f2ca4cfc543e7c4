//! Spans for an OpenTelemetry collector: OTLP over HTTP, in batches, from a queue of bounded length.

use std::{collections::HashMap, time::Duration};

use anyhow::Context as _;
use opentelemetry::{
    KeyValue,
    propagation::TextMapPropagator as _,
    trace::{Status, TracerProvider as _},
};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    runtime::Tokio,
    trace::{SdkTracerProvider, span_processor_with_async_runtime::BatchSpanProcessor},
};
use secrecy::{ExposeSecret as _, SecretString};
use tracing::{Level, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};
use url::Url;

/// How long a batch may take to be sent.
const EXPORT_WITHIN: Duration = Duration::from_secs(5);

/// How many bytes of a `tracestate` go on with a trace (W3C Trace Context, 3.3.1.5): each span is exported with it.
const MAX_TRACE_STATE: usize = 512;

/// The crates of this workspace that have spans of their own.
const OUR_CRATES: [&str; 5] =
    ["api", "pg_scope", "rls_lint", "supertokens", "supertokens_dev_core"];

/// Where spans go.
pub struct Options {
    /// As the variable has it: without `/v1/traces`.
    pub endpoint: Url,
    pub headers: Vec<(String, SecretString)>,
    pub service_name: String,
}

pub(super) fn provider(options: &Options) -> anyhow::Result<SdkTracerProvider> {
    let endpoint = format!("{}/v1/traces", options.endpoint.as_str().trim_end_matches('/'));
    let headers = options.headers.iter();
    let headers: HashMap<_, _> =
        headers.map(|(name, value)| (name.clone(), value.expose_secret().to_owned())).collect();
    let http = reqwest::Client::builder().no_proxy().build().context("the HTTP client")?;
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(http)
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(endpoint)
        .with_headers(headers)
        .with_timeout(EXPORT_WITHIN)
        .build()?;
    let resource = Resource::builder()
        .with_service_name(options.service_name.clone())
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    Ok(SdkTracerProvider::builder()
        .with_span_processor(BatchSpanProcessor::builder(exporter, Tokio).build())
        .with_resource(resource)
        .build())
}

/// Our own spans, down to each statement, and what is said in them from `info` on. Of libraries nothing:
/// they would put values where we put none.
pub(super) fn layer<S>(provider: &SdkTracerProvider) -> impl Layer<S> + Send + Sync + use<S>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer(env!("CARGO_PKG_NAME")))
        .with_location(false)
        .with_threads(false);
    layer.with_filter(filter_fn(|metadata| {
        let is_ours = OUR_CRATES.iter().any(|name| {
            metadata.target().strip_prefix(name).is_some_and(|rest| rest.starts_with("::"))
        });
        is_ours && (metadata.is_span() || *metadata.level() <= Level::INFO)
    }))
}

/// Makes the span a part of the trace that a caller names (W3C Trace Context). A `tracestate` that is too long is left
/// out.
pub(super) fn follow(span: &Span, headers: &axum::http::HeaderMap) {
    if headers.contains_key("traceparent") {
        let parent = TraceContextPropagator::new().extract(&Carrier(headers));
        // It fails where nobody traces.
        let _ = span.set_parent(parent);
    }
}

/// Told to the trace alone: the line has a status of its own. Where nobody traces, it costs nothing.
pub(super) fn answered(span: &Span, status: u16) {
    span.set_attribute("http.response.status_code", i64::from(status));
    if status >= 500 {
        span.set_status(Status::error(""));
    }
}

struct Carrier<'a>(&'a axum::http::HeaderMap);

impl opentelemetry::propagation::Extractor for Carrier<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        let value = self.0.get(key)?.to_str().ok()?;
        (key != "tracestate" || value.len() <= MAX_TRACE_STATE).then_some(value)
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(axum::http::HeaderName::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};
    use opentelemetry::trace::TraceContextExt as _;

    use super::*;

    #[test]
    fn trace_state_beyond_512_bytes_is_left_out() {
        let state_of = |value: &str| {
            let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
            let mut headers = HeaderMap::new();
            headers.insert("traceparent", HeaderValue::from_static(parent));
            headers.insert("tracestate", HeaderValue::from_str(value).unwrap());
            let context = TraceContextPropagator::new().extract(&Carrier(&headers));
            let span = context.span().span_context().clone();
            assert!(span.is_valid());
            span.trace_state().header()
        };
        assert_eq!(state_of("vendor=value"), "vendor=value");
        // A value has 256 characters at most.
        let members = |last: usize| format!("a={0},b={0},c={1}", "x".repeat(200), "x".repeat(last));
        assert_eq!(state_of(&members(104)).len(), 512);
        assert_eq!(state_of(&members(105)), "");
    }
}
