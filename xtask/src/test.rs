//! `cargo xtask test`: everything, in order, up to the first step that fails.

use std::path::Path;

use anyhow::{Context, Result};
use clap::Args;

use crate::{
    apt::{self, Outcome},
    browser::Browser,
    check, clients, codegen, deployment, docs,
    node::Node,
    page,
    postgres::{self, Cluster},
    run::{self, Within},
    stack::Settings,
    step::{skipped, step},
    workspace::{self, Profile},
};

#[derive(Args)]
pub struct Options {
    /// Leave the browser test out
    #[arg(long)]
    skip_browser: bool,
    /// Run the integration tests alone, and see that the page's sources compile: no lints, no unit tests, no
    /// browser, no clients from npm
    #[arg(long)]
    quick: bool,
    /// Handed to the test runner: names of tests, or its options
    #[arg(last = true)]
    filter: Vec<String>,
}

pub fn run(options: &Options) -> Result<()> {
    postgres::sweep();
    if options.quick {
        return run_tests("Integration tests", &QUICK, &options.filter, None);
    }
    let browser = if options.skip_browser { None } else { Some(Browser::find()?) };
    let clients = clients::install()?;
    let toolchain = page::toolchain()?;
    check::format()?;
    check::lint()?;
    codegen::check()?;
    docs::check()?;
    deny()?;
    deployment::lint()?;
    pooler()?;
    run_tests("Unit and integration tests", &[], &options.filter, clients.as_ref())?;
    if let Some(browser) = browser {
        browser.test(&toolchain)?;
    } else {
        page::build(&toolchain, Profile::Dev, Settings::Default)?;
        skipped("Browser test", "left out by --skip-browser");
    }
    println!("all is well");
    Ok(())
}

/// A transaction pooler, in front of which some tests stand: without one they say so and are skipped.
fn pooler() -> Result<()> {
    const LABEL: &str = "PgBouncer";
    if Path::new("/usr/sbin/pgbouncer").exists() || run::answers("pgbouncer", "--version") {
        return Ok(());
    }
    let installed = step(LABEL, |step| apt::install(&["pgbouncer"], step))?;
    if installed != Outcome::Installed {
        let refused = installed.refused();
        skipped(LABEL, &format!("the tests with a pooler: it is not installed{refused}"));
    }
    Ok(())
}

/// Of all members, so that cargo compiles no dependency with other features; but of few targets.
const QUICK: [&str; 4] = ["--test", "it", "--bin", "web"];

/// On a real PostgreSQL that is gone afterwards. No targets stand for all.
fn run_tests(
    label: &str,
    targets: &[&str],
    filter: &[String],
    clients: Option<&Node>,
) -> Result<()> {
    let cluster = step("PostgreSQL for the tests", Cluster::throw_away)?;
    let mut cargo = workspace::cargo();
    let has_nextest = run::answers("cargo-nextest", "--version");
    cargo.args(if has_nextest { &["nextest", "run"][..] } else { &["test"] });
    cargo.args(workspace::MEMBERS).args(["--all-features", "--no-fail-fast"]).args(targets);
    if !has_nextest {
        cargo.arg("--");
    }
    cargo.args(filter).env("TEST_DATABASE_URL", cluster.superuser_url());
    if let Some(node) = clients {
        node.lead(&mut cargo)?;
    }
    step(label, |step| run::streamed(&mut cargo, Within::Build, step))
}

fn deny() -> Result<()> {
    const LABEL: &str = "Licences and bans";
    if !run::answers("cargo-deny", "--version") {
        skipped(LABEL, "cargo-deny is not installed (`cargo install cargo-deny`)");
        return Ok(());
    }
    step(LABEL, |step| {
        run::quiet(
            workspace::cargo().args(["deny", "check", "licenses", "bans"]),
            Within::Install,
            step,
        )
        .context("deny.toml does not allow this")?;
        Ok(())
    })
}
