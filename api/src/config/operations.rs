//! What operators see, and where.

use std::net::SocketAddr;

use clap::Args;
use secrecy::SecretString;
use url::Url;

use super::parsers::http_url;
use crate::telemetry::TracesOptions;

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Operations")]
pub struct OperationsVars {
    /// Where operators ask, apart from users: `127.0.0.1:9090` has `/metrics` for Prometheus, `/livez`, and
    /// `/readyz` with reasons. Whoever reaches it may read them. Empty: nowhere.
    #[arg(long, env = "ADMIN_ADDRESS")]
    pub admin_address: Option<SocketAddr>,

    /// The OpenTelemetry collector that gets traces, by OTLP over HTTP: `http://HOST:4318`. Empty: none.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_parser = http_url)]
    otlp_endpoint: Option<Url>,

    /// What the collector asks for: `NAME=VALUE`, with commas between.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_HEADERS", hide_env_values = true, value_delimiter = ',', value_parser = header)]
    otlp_headers: Vec<Header>,

    /// What traces call this service.
    #[arg(long, env = "OTEL_SERVICE_NAME", default_value = "todos")]
    otel_service_name: String,
}

/// A header of requests to the collector.
#[derive(Debug, Clone)]
struct Header {
    name: String,
    value: SecretString,
}

impl OperationsVars {
    /// Where spans go, if anywhere.
    pub fn otlp(&self) -> Option<TracesOptions> {
        let headers = self.otlp_headers.iter();
        Some(TracesOptions {
            endpoint: self.otlp_endpoint.clone()?,
            headers: headers.map(|header| (header.name.clone(), header.value.clone())).collect(),
            service_name: self.otel_service_name.clone(),
        })
    }
}

fn header(text: &str) -> Result<Header, &'static str> {
    let (name, value) = text.split_once('=').ok_or("no =")?;
    let name = name.trim();
    let is_name = axum::http::HeaderName::try_from(name).is_ok();
    let is_value = axum::http::HeaderValue::from_str(value.trim()).is_ok();
    if is_name && is_value {
        Ok(Header { name: name.to_owned(), value: value.trim().into() })
    } else {
        Err("no header")
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::read;

    #[test]
    fn headers_of_the_collector_are_secret() {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318");
        let headers = ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer s3cret, x-team=todos");
        let config = read(&[endpoint, headers]).unwrap();
        assert!(!format!("{config:?}").contains("s3cret"));
        let options = config.operations.otlp().unwrap();
        let names: Vec<_> = options.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["authorization", "x-team"]);
        let error = read(&[endpoint, ("OTEL_EXPORTER_OTLP_HEADERS", "s3cret")]).unwrap_err();
        assert!(error.contains("`NAME=VALUE`") && !error.contains("s3cret"), "{error}");
        assert!(read(&[headers]).unwrap().operations.otlp().is_none());
    }
}
