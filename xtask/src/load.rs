//! `cargo xtask load`: how long the service holds, on a PostgreSQL of its own.

use anyhow::Result;
use clap::Args;

use crate::{
    postgres::Cluster,
    run::{self, IdleTimeout},
    step::step,
    workspace,
};

#[derive(Args)]
pub struct Options {
    /// Handed to the load: `--minutes 3 --users 100 --sockets 50 --rate 800`
    #[arg(last = true)]
    more: Vec<String>,
}

pub fn run(options: &Options) -> Result<()> {
    let cluster = step("PostgreSQL", Cluster::for_bench)?;
    let mut cargo = workspace::cargo();
    cargo.args(["bench", "--package", "api", "--bench", "load", "--"]);
    cargo.args(&options.more).env("TEST_DATABASE_URL", cluster.superuser_url());
    step("Load", |step| run::streamed(&mut cargo, IdleTimeout::Measurement, step))
}
