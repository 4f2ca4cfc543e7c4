//! `cargo xtask test`: everything. The page compiles beside the workspace.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;

use crate::{
    apt::{self, Outcome},
    browser::Browser,
    check, clients, codegen, deployment, docs, graphiql, interrupt,
    node::Node,
    page::{self, Toolchain},
    parallel::both,
    postgres::{self, Cluster},
    run::{self, IdleTimeout},
    stack::{self, Settings},
    step::{Step, print, skipped, step},
    versions,
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
    /// The version of PostgreSQL, 14 to 18. Default: one that this machine has, and the tests of pg-scope and the
    /// migrations on the oldest and the newest version, too
    #[arg(long, value_name = "MAJOR", conflicts_with = "browser", value_parser = clap::value_parser!(u32).range(14..=18))]
    postgres: Option<u32>,
    /// Run the browser test alone
    #[arg(long, conflicts_with_all = ["quick", "skip_browser"])]
    browser: bool,
    /// Handed to the test runner: names of tests, or its options. With `--browser`, a regular expression for the
    /// names
    #[arg(last = true)]
    filter: Vec<String>,
}

pub fn run(options: &Options) -> Result<()> {
    postgres::sweep();
    if options.quick {
        return run_tests("Integration tests", &QUICK, options, None);
    }
    if options.browser {
        return test_browser(&options.filter);
    }
    let browser = if options.skip_browser { None } else { Some(Browser::find()?) };
    let clients = clients::install()?;
    let toolchain = page::toolchain()?;
    check::format()?;
    let ((), page) = both(interrupt::cancel, compile, || beside_compiling(&toolchain))?;
    page::bundle(&page, Profile::Dev)?;
    let Some(browser) = browser else {
        run_tests(TESTS, &[], options, clients.as_ref())?;
        versions::test(options.postgres, &options.filter)?;
        skipped("Browser test", "left out by --skip-browser");
        print("all is well");
        return Ok(());
    };
    // One after the other: beside the other tests a browser is slower than the page's own timeouts expect.
    let tests = run_tests(TESTS, &[], options, clients.as_ref());
    let tests = tests.and_then(|()| versions::test(options.postgres, &options.filter));
    let browser_tests = browser.test(&[]);
    tests.and(browser_tests)?;
    print("all is well");
    Ok(())
}

fn test_browser(filter: &[String]) -> Result<()> {
    let browser = Browser::find()?;
    stack::build_for_visitors(&page::toolchain()?, Profile::Dev)?;
    browser.test(filter)
}

const TESTS: &str = "Unit and integration tests";

fn compile() -> Result<()> {
    check::compile()?;
    codegen::compare_all()?;
    // It runs the programs: they have to be compiled.
    docs::check()
}

/// Everything that needs no program of the workspace. Returns the page's module.
fn beside_compiling(toolchain: &Toolchain) -> Result<PathBuf> {
    deny()?;
    deployment::lint()?;
    pooler()?;
    graphiql::build_or_say_why_not()?;
    page::compile(toolchain, Profile::Dev, Settings::Default)
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
    options: &Options,
    clients: Option<&Node>,
) -> Result<()> {
    let cluster = |step: &mut Step| Cluster::throw_away_of(options.postgres, step);
    let cluster = step("PostgreSQL for the tests", cluster)?;
    let mut cargo = workspace::cargo();
    cargo.arg("test").args(workspace::MEMBERS).args(["--all-features", "--no-fail-fast"]);
    cargo.args(targets).arg("--").args(&options.filter);
    cargo.env("TEST_DATABASE_URL", cluster.superuser_url());
    if let Some(node) = clients {
        node.lead(&mut cargo)?;
    }
    step(label, |step| run::streamed(&mut cargo, IdleTimeout::Build, step))
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
            IdleTimeout::Install,
            step,
        )
        .context("deny.toml does not allow this")?;
        Ok(())
    })
}
