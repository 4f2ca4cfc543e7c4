//! What is quick to check: format, lints, drift of what is generated, what documents name, the files of a deployment.

use anyhow::{Context, Result};

use crate::{
    codegen, deployment, docs,
    run::{self, Within},
    step::{Step, step},
    workspace,
};

pub fn run() -> Result<()> {
    format()?;
    lint()?;
    codegen::check()?;
    docs::check()?;
    deployment::lint()
}

pub fn format() -> Result<()> {
    step("Format", |step| {
        run::quiet(
            workspace::cargo().args(["fmt", "--all", "--check", "--", "--color", "never", "-l"]),
            Within::Soon,
            step,
        )
        .context("run `cargo fmt --all` (`rustup component add rustfmt` where it is missing)")?;
        Ok(())
    })
}

pub fn lint() -> Result<()> {
    step("Lints", |step| {
        clippy(&workspace::MEMBERS, step)?;
        clippy(&["--package", "postgres-download"], step)
    })
}

fn clippy(members: &[&str], step: &Step) -> Result<()> {
    let mut cargo = workspace::cargo();
    cargo.arg("clippy").args(members).args(["--all-targets", "--all-features"]);
    cargo.args(["--", "-D", "warnings"]);
    run::quiet(&mut cargo, Within::Build, step)
        .context("clippy is not content (`rustup component add clippy` where it is missing)")?;
    Ok(())
}
