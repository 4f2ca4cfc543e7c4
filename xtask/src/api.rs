//! `cargo xtask api` and `cargo xtask rls-lint`: a command of the service, on the database that
//! `cargo xtask dev` has running.

use std::{
    env,
    ffi::OsString,
    iter,
    process::{Command, ExitCode},
};

use anyhow::{Context, Result, bail};

use crate::{postgres, workspace};

/// As the lint ends where it could not look.
const COULD_NOT_RUN: u8 = 2;

/// The lint needs no database of ours where `--url` names one, or where it looks at none.
const OWN_DATABASE: [&str; 4] = ["--url", "--rules", "--help", "-h"];

pub fn rls_lint(arguments: Vec<OsString>) -> ExitCode {
    let names_own = arguments.iter().filter_map(|argument| argument.to_str()).any(|argument| {
        argument.split('=').next().is_some_and(|name| OWN_DATABASE.contains(&name))
    });
    let arguments: Vec<_> = iter::once("rls-lint".into()).chain(arguments).collect();
    let ended = if names_own { start(command(&arguments)) } else { run(&arguments) };
    ended.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(COULD_NOT_RUN)
    })
}

pub fn run(arguments: &[OsString]) -> Result<ExitCode> {
    let mut cargo = command(arguments);
    if !postgres::is_given() {
        let Some((owner_url, service_url)) = postgres::Cluster::running()? else {
            bail!("no database is running: start `cargo xtask dev`, or set DATABASE_URL");
        };
        cargo.env("DATABASE_URL", owner_url).env("DATABASE_AUTHENTICATED_URL", service_url);
    }
    start(cargo)
}

fn command(arguments: &[OsString]) -> Command {
    let mut cargo = workspace::cargo();
    cargo
        .args(["run", "--quiet", "--package", "api", "--"])
        .args(arguments)
        .current_dir(workspace::root());
    // What builds need not know, this run does.
    let given = workspace::CONFIGURATION.map(|name| (name, env::var_os(name)));
    cargo.envs(given.into_iter().filter_map(|(name, value)| Some((name, value?))));
    cargo
}

/// Ends as the command ends: how says what it found.
fn start(mut cargo: Command) -> Result<ExitCode> {
    let status = cargo.status().context("cargo does not start")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
