//! `cargo xtask api` and `cargo xtask rls-lint`: a command of the service, on the database that
//! `cargo xtask dev` has running.

use std::{
    ffi::OsString,
    iter,
    process::{Command, ExitCode},
};

use anyhow::{Context, Result, bail};

use crate::{postgres, programs, workspace};

/// As the lint ends where it could not look.
const COULD_NOT_RUN: u8 = 2;

/// The lint needs no database of ours where `--url` names one, or where it looks at none.
const OWN_DATABASE: [&str; 4] = ["--url", "--rules", "--help", "-h"];

pub fn rls_lint(arguments: Vec<OsString>) -> ExitCode {
    let names_own = arguments.iter().filter_map(|argument| argument.to_str()).any(|argument| {
        argument.split('=').next().is_some_and(|name| OWN_DATABASE.contains(&name))
    });
    let arguments: Vec<_> = iter::once("rls-lint".into()).chain(arguments).collect();
    let ended = if names_own { command(&arguments).and_then(start) } else { run(&arguments) };
    ended.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(COULD_NOT_RUN)
    })
}

pub fn run(arguments: &[OsString]) -> Result<ExitCode> {
    let mut api = command(arguments)?;
    if !postgres::is_given() {
        let Some((owner_url, service_url)) = postgres::Cluster::running()? else {
            bail!("no database is running: start `cargo xtask dev`, or set DATABASE_URL");
        };
        api.env("DATABASE_URL", owner_url).env("DATABASE_AUTHENTICATED_URL", service_url);
    }
    start(api)
}

fn command(arguments: &[OsString]) -> Result<Command> {
    let mut api = Command::new(programs::service_in_silence()?);
    api.args(arguments).current_dir(workspace::root());
    Ok(api)
}

/// Ends as the command ends: how says what it found.
fn start(mut api: Command) -> Result<ExitCode> {
    let status = api.status().context("the service does not start")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
