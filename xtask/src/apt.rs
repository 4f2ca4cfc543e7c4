//! Debian's packages, for machines where we are root: installed when missing, silent when not. A package that
//! cannot be had is no error: the caller knows what else there is, and what to say.

use std::{path::Path, process::Command};

use anyhow::{Error, Result};

use crate::{
    interrupt::Interrupted,
    run::{self, Failed, IdleTimeout},
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

/// What came of asking for packages.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    Installed,
    /// Nobody could be asked: no apt, or we are not root.
    Unavailable,
    /// What apt said against it: another way may be open, so this is no error yet.
    Refused(String),
}

impl Outcome {
    /// For a message about what is missing.
    pub fn refused(&self) -> String {
        match self {
            Self::Refused(why) => format!(" (apt-get: {why})"),
            Self::Installed | Self::Unavailable => String::new(),
        }
    }
}

/// Installs those of `packages` that are missing. Fails only when a stop was asked for.
pub fn install(packages: &[&str], step: &Step) -> Result<Outcome> {
    let missing: Vec<_> =
        packages.iter().copied().filter(|package| installed(package).is_none()).collect();
    if missing.is_empty() {
        return Ok(Outcome::Installed);
    }
    install_newest(&missing, step)
}

/// Installs the newest version there is of each, whatever is installed. Fails only when a stop was asked for.
pub fn install_newest(packages: &[&str], step: &Step) -> Result<Outcome> {
    if !available() {
        return Ok(Outcome::Unavailable);
    }
    step.doing(&format!("apt-get install {}", packages.join(" ")));
    // A fresh image has no package lists, or those of the day it was made, which name versions that
    // are old. Without a network the old ones may do.
    let updated = get(&["update"], &[], step);
    let outcome = match updated {
        Err(error) if error.is::<Interrupted>() => return Err(error),
        _ => get(&["install"], packages, step),
    };
    match outcome {
        Ok(()) => Ok(Outcome::Installed),
        Err(error) if error.is::<Interrupted>() => Err(error),
        Err(error) => Ok(Outcome::Refused(reason(&error))),
    }
}

/// The first complaint among what it printed.
fn reason(error: &Error) -> String {
    let output = error.downcast_ref::<Failed>().map_or("", |failed| &failed.output);
    let complaint = output.lines().find_map(|line| line.strip_prefix("E: "));
    complaint.map_or_else(|| format!("{error:#}"), str::to_owned)
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
    run::quiet(&mut apt, IdleTimeout::Install, step).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::step;

    #[test]
    fn what_apt_says_against_it_is_one_line() {
        let script = "echo Reading; echo 'E: Unable to locate package rustc-web' >&2; exit 100";
        let failed = step("apt-get", |step| {
            run::quiet(Command::new("sh").args(["-c", script]), IdleTimeout::Local, step)
        });
        let outcome = Outcome::Refused(reason(&failed.unwrap_err()));
        assert_eq!(outcome.refused(), " (apt-get: Unable to locate package rustc-web)");
        assert_eq!(Outcome::Unavailable.refused(), "");
    }
}
