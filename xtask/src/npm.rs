//! npm's packages of a folder, exactly those of its lock file.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result};

use crate::{
    environment,
    run::{self, IdleTimeout},
    step::Step,
};

pub fn available() -> bool {
    run::answers("npm", "--version")
}

/// `npm` in a folder, silent about anything but errors.
pub fn npm(folder: &Path, arguments: &[&str]) -> Command {
    let mut npm = Command::new("npm");
    environment::restrict_to_npm(&mut npm);
    npm.args(arguments).current_dir(folder).env("NO_UPDATE_NOTIFIER", "1");
    npm
}

/// Installs what the lock file names, unless that was done already. No package's script runs.
pub fn install(folder: &Path, step: &Step) -> Result<()> {
    let lock = fs::read(folder.join("package-lock.json"))
        .with_context(|| format!("cannot read {}/package-lock.json", folder.display()))?;
    let stamp = folder.join("node_modules/.xtask-lock");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    step.doing("npm ci");
    let mut ci = npm(folder, &["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    run::quiet(&mut ci, IdleTimeout::Install, step)
        .context("npm cannot install the packages of the lock file")?;
    fs::create_dir_all(folder.join("node_modules"))?;
    Ok(fs::write(stamp, lock)?)
}
