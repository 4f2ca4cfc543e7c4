//! Tools of cargo that only a release needs, kept under the target directory.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::{
    run::{self, IdleTimeout},
    step::Step,
    workspace,
};

/// The folder of the programs of a package of crates.io, installed unless that was done already.
pub fn install(package: &str, version: &str, step: &Step) -> Result<PathBuf> {
    let root = workspace::target_dir().join("tools").join(format!("{package}-{version}"));
    let programs = root.join("bin");
    if !programs.join(package).exists() {
        step.doing(&format!("installing {package}"));
        let mut cargo = workspace::cargo();
        // A target directory of its own: ours holds what is compiled with other features.
        cargo.env_remove("CARGO_TARGET_DIR").args(["install", "--locked", "--root"]).arg(&root);
        cargo.args(["--version", version, package]);
        run::quiet(&mut cargo, IdleTimeout::Build, step)
            .with_context(|| format!("{package} cannot be installed"))?;
    }
    Ok(programs)
}
