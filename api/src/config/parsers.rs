//! What a variable's text has to be.

use std::time::Duration;

use secrecy::SecretString;
use supertokens::CookieDomain;
use tracing_subscriber::EnvFilter;
use url::Url;

pub(super) fn origin(text: &str) -> Result<Url, String> {
    let url = http_url(text)?;
    let is_origin = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if is_origin && url.username().is_empty() { Ok(url) } else { Err("not an origin".into()) }
}

pub(super) fn http_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        _ => Err("not http or https".into()),
    }
}

pub(super) fn smtp_url(text: &str) -> Result<SecretString, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    match (url.scheme(), url.has_host()) {
        ("smtp" | "smtps", true) => Ok(text.into()),
        _ => Err("not an SMTP URL".into()),
    }
}

/// With or without the dot that was once written before it (RFC 6265, 4.1.2.3).
pub(super) fn domain(text: &str) -> Result<String, String> {
    let text = text.trim_start_matches('.');
    match url::Host::parse(text) {
        Ok(url::Host::Domain(domain)) if domain.contains('.') => Ok(domain),
        _ => Err("not a domain".into()),
    }
}

pub(super) fn older_domain(text: &str) -> Result<CookieDomain, String> {
    if text == "host" { Ok(CookieDomain::Host) } else { domain(text).map(CookieDomain::Subdomains) }
}

pub(super) fn postgres_url(text: &str) -> Result<SecretString, String> {
    // What else is wrong with it, the rules say.
    let is_postgres =
        ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
    if is_postgres { Ok(text.into()) } else { Err("not a postgres URL".into()) }
}

#[expect(clippy::unnecessary_wraps, reason = "clap wants a Result")]
pub(super) fn secret(text: &str) -> Result<SecretString, String> {
    Ok(text.into())
}

/// A secret that a header of HTTP can carry.
pub(super) fn header_secret(text: &str) -> Result<SecretString, String> {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(text.into())
    } else {
        Err("not ASCII without spaces".into())
    }
}

pub(super) fn log_filter(text: &str) -> Result<String, String> {
    EnvFilter::try_new(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

pub(super) fn delay(text: &str) -> Result<Duration, String> {
    if text == "0" { Ok(Duration::ZERO) } else { seconds(text) }
}

/// Up to a year.
pub(super) fn lifetime(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds @ 1..=31_536_000) => Ok(Duration::from_secs(seconds)),
        _ => Err("not 1 to 31536000".into()),
    }
}

pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds @ 1..=3600) => Ok(Duration::from_secs(seconds)),
        _ => Err("not 1 to 3600".into()),
    }
}
