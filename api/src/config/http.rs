//! Headers of HTTP that a deployment chooses.

use axum::http::HeaderName;
use clap::Args;

use super::Switch;

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Service")]
pub struct HttpVars {
    /// Further headers that the page of `WEBSITE_DOMAIN` may send from its own origin, with commas between: `x-tenant`.
    #[arg(long, env = "CORS_ALLOWED_HEADERS", value_delimiter = ',', value_parser = header_name)]
    pub cors_allowed_headers: Vec<HeaderName>,

    /// `on` or `off`: whether browsers use https for the subdomains of `API_DOMAIN`, too, once they have seen it by https.
    #[arg(long, env = "HSTS_SUBDOMAINS", value_enum, default_value = "on")]
    pub hsts_subdomains: Switch,
}

fn header_name(text: &str) -> Result<HeaderName, String> {
    text.trim().parse().map_err(|_| "not the name of a header".into())
}
