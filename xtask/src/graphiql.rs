//! GraphiQL, bundled from npm into files of our own origin. A convenience: without npm all else works.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::{
    interrupt::Interrupted,
    npm,
    run::{self, Within},
    step::{Step, skipped, step},
    workspace,
};

const LABEL: &str = "Playground";

/// Where the built playground is.
pub fn dist() -> PathBuf {
    folder().join("dist")
}

pub fn build_or_say_why_not() -> Result<()> {
    let up_to_date =
        fs::read_to_string(stamp()).is_ok_and(|built| Some(built) == inputs(&folder()).ok());
    if !up_to_date && !npm::available() {
        skipped(LABEL, "npm is not installed: /graphiql will say so, everything else works");
        return Ok(());
    }
    let built = step(LABEL, |step| {
        if up_to_date {
            step.note("up to date");
            return Ok(());
        }
        build(step)
    });
    match built {
        // A convenience: without it all else works.
        Err(error) if !error.is::<Interrupted>() => {
            skipped(LABEL, &format!("{error:#}; everything else works"));
            Ok(())
        }
        built => built,
    }
}

fn build(step: &mut Step) -> Result<()> {
    let folder = folder();
    npm::install(&folder, step)?;
    step.doing("bundling");
    run::quiet(&mut npm::npm(&folder, &["run", "--silent", "build"]), Within::Install, step)
        .context("the playground cannot be bundled")?;
    Ok(fs::write(stamp(), inputs(&folder)?)?)
}

fn folder() -> PathBuf {
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
