//! `cargo xtask api`: a command of the service, on the database that `cargo xtask dev` has running.

use std::{ffi::OsString, process::ExitCode};

use anyhow::{Context, Result, bail};

use crate::{postgres, workspace};

pub fn run(arguments: &[OsString]) -> Result<ExitCode> {
    let mut cargo = workspace::cargo();
    cargo
        .args(["run", "--quiet", "--package", "api", "--"])
        .args(arguments)
        .current_dir(workspace::root());
    if !postgres::is_given() {
        let Some((owner_url, service_url)) = postgres::Cluster::running()? else {
            bail!("no database is running: start `cargo xtask dev`, or set DATABASE_URL");
        };
        cargo.env("DATABASE_URL", owner_url).env("DATABASE_AUTHENTICATED_URL", service_url);
    }
    let status = cargo.status().context("cargo does not start")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
