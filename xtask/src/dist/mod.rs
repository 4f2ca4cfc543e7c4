//! `cargo xtask dist`: what is handed out, in `target/dist`.

mod licences;
mod program;
mod sbom;
mod sizes;
mod start;
mod tools;

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use clap::Args;
use sha2::{Digest, Sha256};

use crate::{
    browser::Browser,
    graphiql, page,
    stack::Settings,
    step::step,
    workspace::{self, Profile},
};

#[derive(Args)]
pub struct Options {
    /// Builds the page alone, and prints what each file weighs; fails where a first visit loads more than its
    /// limit
    #[arg(long)]
    sizes: bool,
    /// Builds the page alone, and measures how long a visitor of a slow phone waits for the list
    #[arg(long)]
    timing: bool,
    /// Leaves out measuring how long the program takes to start, for which PostgreSQL is needed
    #[arg(long)]
    skip_start: bool,
}

pub fn run(options: &Options) -> Result<()> {
    let toolchain = page::toolchain()?;
    if options.timing {
        Browser::find()?.script(&toolchain, "timing")?;
    } else {
        page::build(&toolchain, Profile::Release, Settings::Own)?;
    }
    if options.sizes {
        sizes::print()
    } else if options.timing {
        Ok(())
    } else {
        release(options.skip_start)
    }
}

fn release(skip_start: bool) -> Result<()> {
    graphiql::build()?;
    let folder = workspace::target_dir().join("dist");
    if folder.exists() {
        fs::remove_dir_all(&folder).context("cannot empty target/dist")?;
    }
    fs::create_dir_all(&folder).context("cannot make target/dist")?;
    let program = program::build(&folder)?;
    step("SBOMs", |step| sbom::write(&folder, step))?;
    step("Licences", |step| licences::write(&folder, step))?;
    fs::copy(workspace::root().join("LICENSE"), folder.join("LICENSE"))?;
    sum(&folder)?;
    println!("the release is in {}", workspace::shown(&folder));
    // Last: what is too slow here may be fast enough elsewhere.
    if skip_start { Ok(()) } else { start::measure(&program) }
}

/// Writes `SHA256SUMS`, as `sha256sum --check` reads it.
fn sum(folder: &Path) -> Result<()> {
    let mut files: Vec<PathBuf> =
        folder.read_dir()?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.sort();
    let mut sums = String::new();
    for file in files {
        let digest = hex::encode(Sha256::digest(fs::read(&file)?));
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        writeln!(sums, "{digest}  {name}")?;
    }
    fs::write(folder.join("SHA256SUMS"), sums).context("cannot write SHA256SUMS")
}
