//! Debian's packages, for machines where we are root: installed when missing, silent when not.

use std::{path::Path, process::Command};

use anyhow::{Context, Result};

use crate::{
    run::{self, Within},
    step::Step,
};

/// Whether packages can be installed here without asking anybody.
pub fn available() -> bool {
    rustix::process::geteuid().is_root() && Path::new("/usr/bin/apt-get").exists()
}

/// The installed version of a package, if it is installed.
pub fn installed(package: &str) -> Option<String> {
    let query = Command::new("dpkg-query")
        .args(["--show", "--showformat=${db:Status-Status} ${Version}", package])
        .output()
        .ok()?;
    let answer = String::from_utf8(query.stdout).ok()?;
    answer.strip_prefix("installed ").map(str::to_owned)
}

/// Installs those of `packages` that are missing.
pub fn install(packages: &[&str], step: &Step) -> Result<()> {
    let missing: Vec<_> =
        packages.iter().copied().filter(|package| installed(package).is_none()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    step.doing(&format!("apt-get install {}", missing.join(" ")));
    if get(&["install"], &missing, step).is_ok() {
        return Ok(());
    }
    // A fresh image has no package lists, an old one has stale ones.
    get(&["update"], &[], step).context("apt-get cannot read the package lists")?;
    get(&["install"], &missing, step)
        .with_context(|| format!("cannot install Debian's packages {}", missing.join(", ")))
}

fn get(action: &[&str], packages: &[&str], step: &Step) -> Result<()> {
    let mut apt = Command::new("apt-get");
    apt.env("DEBIAN_FRONTEND", "noninteractive")
        .args(["-q", "-y", "-o", "Dpkg::Options::=--force-confold"])
        .args(["-o", "DPkg::Lock::Timeout=120"])
        .args(action)
        .current_dir("/");
    if !packages.is_empty() {
        apt.arg("--no-install-recommends").args(packages);
    }
    run::quiet(&mut apt, Within::Install, step).map(drop)
}
