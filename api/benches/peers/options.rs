//! What `cargo xtask bench` hands over.

use std::{path::PathBuf, time::Duration};

use clap::Parser;

use super::{report::Contestant, workload::Workload};

#[derive(Parser)]
pub struct Options {
    /// How long each turn of each contestant lasts, in seconds
    #[arg(long, default_value = "6", value_parser = seconds)]
    pub duration: Duration,
    /// How often each has its turn; the median counts
    #[arg(long, default_value_t = 5)]
    pub turns: usize,
    /// Who takes part, with commas between
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Contestant::ALL)]
    pub contestants: Vec<Contestant>,
    /// Another build of the service, to take part beside it
    #[arg(long)]
    pub beside: Option<PathBuf>,
    /// What is asked, with commas between
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Workload::ALL)]
    pub workloads: Vec<Workload>,
    /// How many rows the table has while the same list is read, ascending: 10000,100000,… 0 to leave that out
    #[arg(long, value_delimiter = ',', default_value = "10000,100000,1000000")]
    pub growth: Vec<u64>,
    /// Draw the charts into this folder
    #[arg(long)]
    pub charts: Option<PathBuf>,
    /// cargo says so to every bench
    #[arg(long, hide = true)]
    bench: bool,

    /// A superuser on the fresh server
    #[arg(long, env = "BENCH_SUPERUSER_URL", hide_env_values = true)]
    pub superuser_url: String,
    /// The migrated database as its owner
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub owner_url: String,
    /// As the service's login
    #[arg(long, env = "DATABASE_AUTHENTICATED_URL", hide_env_values = true)]
    pub login_url: String,
    /// The service, built as it is deployed
    #[arg(long, env = "BENCH_SERVICE")]
    pub service: PathBuf,
    #[arg(long, env = "BENCH_NODE")]
    pub node: PathBuf,
    #[arg(long, env = "BENCH_PGBENCH")]
    pub pgbench: PathBuf,
    #[arg(long, env = "BENCH_WRK", default_value = "wrk")]
    pub wrk: PathBuf,
}

/// Connections to a server under load, and of a server to the database.
pub const CONNECTIONS: u32 = 16;

fn seconds(text: &str) -> Result<Duration, std::num::ParseIntError> {
    text.parse().map(Duration::from_secs)
}
