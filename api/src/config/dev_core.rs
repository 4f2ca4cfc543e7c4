//! The development Core: where it listens, and how long tokens live.

use std::time::Duration;

use clap::Args;

use super::parsers::lifetime;

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Development Core")]
pub struct DevCoreVars {
    /// The port of `127.0.0.1` on which the development Core listens. Its API key is `SUPERTOKENS_API_KEY`. Default: a free port,
    /// and a random key.
    #[arg(id = "embedded_core_port", long = "embedded-core-port", env = "EMBEDDED_CORE_PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,

    /// How long access tokens of the development Core live, in seconds.
    #[arg(id = "embedded_core_access_token_validity", long = "embedded-core-access-token-validity", env = "EMBEDDED_CORE_ACCESS_TOKEN_VALIDITY", default_value = "3600", value_parser = lifetime)]
    pub access_token_validity: Duration,

    /// How long refresh tokens of the development Core live, in seconds.
    #[arg(id = "embedded_core_refresh_token_validity", long = "embedded-core-refresh-token-validity", env = "EMBEDDED_CORE_REFRESH_TOKEN_VALIDITY", default_value = "8640000", value_parser = lifetime)]
    pub refresh_token_validity: Duration,
}
