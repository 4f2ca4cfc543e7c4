//! GraphiQL, bundled from npm into files of our own origin.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::{
    interrupt::Interrupted,
    npm,
    run::{self, IdleTimeout},
    step::{Step, skipped, step},
    workspace,
};

const LABEL: &str = "Playground";

/// Where the built playground is.
pub fn dist() -> PathBuf {
    folder().join("dist")
}

/// For development, where it is a convenience.
pub fn build_or_say_why_not() -> Result<()> {
    if !is_up_to_date() && !npm::available() {
        skipped(LABEL, "npm is not installed: /graphiql will say so, everything else works");
        return Ok(());
    }
    match build() {
        Err(error) if !error.is::<Interrupted>() => {
            skipped(LABEL, &format!("{error:#}; everything else works"));
            Ok(())
        }
        built => built,
    }
}

/// Brings it up to date.
pub fn build() -> Result<()> {
    step(LABEL, |step| {
        if is_up_to_date() {
            step.note("up to date");
            return Ok(());
        }
        bundle(step)
    })
}

fn is_up_to_date() -> bool {
    fs::read_to_string(stamp()).is_ok_and(|built| Some(built) == inputs(&folder()).ok())
}

fn bundle(step: &mut Step) -> Result<()> {
    let folder = folder();
    npm::install(&folder, step)?;
    step.doing("bundling");
    run::quiet(&mut npm::npm(&folder, &["run", "--silent", "build"]), IdleTimeout::Install, step)
        .context("the playground cannot be bundled")?;
    Ok(fs::write(stamp(), inputs(&folder)?)?)
}

/// Where its sources and its packages are.
pub fn folder() -> PathBuf {
    workspace::root().join("api/graphiql")
}

fn stamp() -> PathBuf {
    dist().join(".stamp")
}

/// A digest of the sources and the lock file.
fn inputs(folder: &Path) -> Result<String> {
    let mut files = vec![
        folder.join("package.json"),
        folder.join("package-lock.json"),
        folder.join("build.mjs"),
    ];
    for source in folder.join("src").read_dir()? {
        files.push(source?.path());
    }
    files.sort();
    let mut digest = Sha256::new();
    for file in files {
        digest.update(file.as_os_str().as_encoded_bytes());
        digest.update(fs::read(file)?);
    }
    Ok(hex::encode(digest.finalize()))
}
