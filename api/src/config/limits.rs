//! Who may try how often, and whom to believe on who that is.

use std::{net::IpAddr, time::Duration};

use clap::Args;
use ipnet::IpNet;
use supertokens::{RateLimit, RateLimits};

use super::parsers::seconds;

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitVars {
    /// How often one address may use the sign-in, all of it together: `60/1m` is 60 times at once,
    /// and one more each second. `off` for no limit.
    #[arg(long, env = "RATE_LIMIT_ADDRESS", default_value = "60/1m")]
    rate_limit_address: RateLimit,

    /// How many passwords one address may try at one account: such as `10/10m`, or `off`.
    #[arg(long, env = "RATE_LIMIT_ACCOUNT", default_value = "10/10m")]
    rate_limit_account: RateLimit,

    /// How many passwords all addresses together may try at one account: such as `200/1h`, or `off`.
    #[arg(long, env = "RATE_LIMIT_ACCOUNT_TOTAL", default_value = "200/1h")]
    rate_limit_account_total: RateLimit,

    /// How many mails with links one email gets: such as `5/1h`, or `off`.
    #[arg(long, env = "RATE_LIMIT_MAIL", default_value = "5/1h")]
    rate_limit_mail: RateLimit,

    /// How many connections of clients are open at once at most, `WebSocket`s among them, 10 to 1000000. Where
    /// the system lets the process open fewer files, as many as that leaves room for.
    #[arg(long, env = "MAX_CONNECTIONS", default_value = "16384", value_parser = clap::value_parser!(u32).range(10..=1_000_000))]
    pub max_connections: u32,

    /// GraphQL requests in flight, 1 to 100000. Further ones are rejected at once with 503. One user has a quarter of
    /// them. Default: eight for each of `DATABASE_MAX_CONNECTIONS`, and 64 at least.
    #[arg(long, env = "MAX_REQUESTS", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub max_requests: Option<u32>,

    /// Searches for text that run at once for one user, 1 to 1000. Further ones wait. All transactions of one user have
    /// at most half of `DATABASE_MAX_CONNECTIONS`.
    #[arg(long, env = "SEARCHES_PER_USER", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub searches_per_user: u32,

    /// How many todos each user may have, 1 to 1000000000. `api migrate` sets this limit in the database, which enforces
    /// it, and keeps it when the variable is not set.
    #[arg(long, env = "MAX_TODOS", default_value = "100000", value_parser = migration::quota::max_todos)]
    pub max_todos: u32,

    /// How long a statement that searches the text of todos may take, in seconds. Other statements may take 10 s.
    #[arg(long, env = "SEARCH_TIMEOUT", default_value = "2", value_parser = seconds)]
    pub search_timeout: Duration,

    /// The proxies in front of the service, as addresses or networks with commas between:
    /// `10.0.0.0/8,192.0.2.7`. From them alone `X-Forwarded-For` is believed.
    #[arg(long, env = "TRUSTED_PROXIES", value_parser = network, value_delimiter = ',')]
    pub trusted_proxies: Vec<IpNet>,
}

impl LimitVars {
    /// Whether anything is limited for each address.
    pub(super) fn count_addresses(&self) -> bool {
        [self.rate_limit_address, self.rate_limit_account]
            .iter()
            .any(|&limit| limit != RateLimit::OFF)
    }

    pub fn rate_limits(&self) -> RateLimits {
        RateLimits {
            address: self.rate_limit_address,
            account: self.rate_limit_account,
            account_total: self.rate_limit_account_total,
            mails: self.rate_limit_mail,
        }
    }
}

/// One address is a network of one.
fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    let network = text.parse::<IpAddr>().map(IpNet::from).or_else(|_| text.parse());
    network.map_err(|error: ipnet::AddrParseError| error.to_string())
}
