//! What is quick to check: format, lints, drift of what is generated, what documents name, the files of a deployment.

use anyhow::{Context, Result};

use crate::{
    clippy, codegen, deployment, docs,
    run::{self, IdleTimeout},
    step::{Step, step},
    workspace,
};

/// The member that [`workspace::MEMBERS`] leaves out.
const POSTGRES_DOWNLOAD: [&str; 2] = ["--package", "postgres-download"];

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
            IdleTimeout::Local,
            step,
        )
        .context("run `cargo fmt --all` (`rustup component add rustfmt` where it is missing)")?;
        Ok(())
    })
}

pub fn lint() -> Result<()> {
    step("Lints", |step| {
        cargo_clippy(&workspace::MEMBERS, step)?;
        cargo_clippy(&POSTGRES_DOWNLOAD, step)
    })
}

/// Compiles all that the tests need, with Clippy as the compiler: the lints of [`lint`] cost no second pass.
pub fn compile() -> Result<()> {
    clippy::use_as_compiler()?;
    step("Everything, compiled and linted", |step| {
        let mut cargo = workspace::cargo();
        cargo.arg("build").args(workspace::MEMBERS).args(["--all-targets", "--all-features"]);
        run::quiet(&mut cargo, IdleTimeout::Build, step)
            .context("the compiler or Clippy rejects this")?;
        cargo_clippy(&POSTGRES_DOWNLOAD, step)
    })
}

fn cargo_clippy(members: &[&str], step: &Step) -> Result<()> {
    let mut cargo = workspace::cargo();
    cargo.arg("clippy").args(members).args(["--all-targets", "--all-features"]);
    cargo.args(["--", "-D", "warnings"]);
    run::quiet(&mut cargo, IdleTimeout::Build, step)
        .context("clippy is not content (`rustup component add clippy` where it is missing)")?;
    Ok(())
}
