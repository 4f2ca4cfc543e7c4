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
    /// Builds page and service alone, and measures how long a visitor of a slow phone waits for the list
    #[arg(long)]
    timing: bool,
    /// Leaves out measuring how long the program takes to start, for which PostgreSQL is needed
    #[arg(long)]
    skip_start: bool,
}

pub fn run(options: &Options) -> Result<()> {
    let toolchain = page::toolchain()?;
    if options.timing {
        Browser::find()?.script(&toolchain, Profile::Release, "timing")?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sums_are_as_sha256sum_reads_them() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("b"), "").unwrap();
        fs::write(folder.path().join("a"), "abc").unwrap();
        sum(folder.path()).unwrap();
        let sums = fs::read_to_string(folder.path().join("SHA256SUMS")).unwrap();
        assert_eq!(
            sums,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a\n\
             e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  b\n"
        );
    }
}
