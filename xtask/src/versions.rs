//! The tests of pg-scope and of the migrations on the oldest and the newest version of PostgreSQL.

use std::{path::PathBuf, process::Command};

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::{
    npm,
    postgres::Cluster,
    run::{self, IdleTimeout},
    step::{Step, skipped, step},
    workspace,
};

/// The other tests run on the version that the machine has, which is Debian's.
const OTHERS: [u32; 2] = [14, 18];
const PACKAGES: [&str; 2] = ["pg-scope", "migration"];
const LABEL: &str = "Other versions of PostgreSQL";

/// Runs them on both, unless one version was chosen for all tests.
pub fn test(chosen: Option<u32>, filter: &[String]) -> Result<()> {
    if chosen.is_some() {
        return Ok(());
    }
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) || !npm::available() {
        skipped(LABEL, "npm has their programs for Linux on x86-64");
        return Ok(());
    }
    let programs = step(LABEL, find)?;
    for major in OTHERS {
        let label = format!("PostgreSQL {major}");
        let cluster = step(&label, |step| Cluster::throw_away_of(Some(major), step))?;
        step(&format!("{LABEL}: {major}"), |step| {
            programs.iter().try_for_each(|program| program.run(&cluster, filter, step))
        })?;
    }
    Ok(())
}

/// A compiled test and the folder of its package.
struct Program {
    file: PathBuf,
    folder: PathBuf,
}

impl Program {
    fn run(&self, cluster: &Cluster, filter: &[String], step: &mut Step) -> Result<()> {
        let mut command = Command::new(&self.file);
        command.args(filter).current_dir(&self.folder);
        command.env("TEST_DATABASE_URL", cluster.superuser_url());
        run::streamed(&mut command, IdleTimeout::Build, step)
    }
}

/// Named as in the run before: with other targets, cargo would compile dependencies with other features.
fn find(step: &mut Step) -> Result<Vec<Program>> {
    let mut cargo = workspace::cargo();
    cargo.arg("test").args(workspace::MEMBERS);
    cargo.args(["--all-features", "--no-run", "--message-format=json"]);
    let messages = run::quiet(&mut cargo, IdleTimeout::Build, step)?;
    let programs: Vec<_> = messages.lines().filter_map(program).collect();
    ensure!(programs.len() == PACKAGES.len(), "cargo names {} tests", programs.len());
    step.note(PACKAGES.join(", "));
    Ok(programs)
}

/// The program that a message of cargo names, if it is a test of these packages.
fn program(message: &str) -> Option<Program> {
    let message: Value = serde_json::from_str(message).ok()?;
    let file = message["executable"].as_str()?;
    let is_test = message["target"]["kind"].as_array()?.iter().any(|kind| kind == "test");
    let folder = PathBuf::from(message["manifest_path"].as_str()?).parent()?.to_owned();
    let name = folder.file_name()?.to_str()?;
    let is_wanted = is_test && PACKAGES.contains(&name);
    is_wanted.then(|| Program { file: file.into(), folder })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_of_these_packages_are_found() {
        let message = |folder: &str, kind: &str| {
            serde_json::json!({
                "reason": "compiler-artifact",
                "manifest_path": format!("/checkout/{folder}/Cargo.toml"),
                "target": {"kind": [kind], "name": "it"},
                "executable": "/target/it",
            })
            .to_string()
        };
        let found = program(&message("crates/pg-scope", "test")).expect("a test");
        assert_eq!(found.folder, PathBuf::from("/checkout/crates/pg-scope"));
        assert!(program(&message("migration", "bin")).is_none());
        assert!(program(&message("api", "test")).is_none());
        assert!(program("no JSON").is_none());
    }
}
