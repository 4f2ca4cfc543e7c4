//! Clippy as the compiler. It lints the crates that it compiles, so lints need no second pass over the dependencies.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use anyhow::{Result, bail};

use crate::{run, workspace};

const DRIVER: &str = "clippy-driver";

static COMPILER: OnceLock<PathBuf> = OnceLock::new();

/// From now on [`workspace::cargo`] compiles the workspace's own crates with Clippy. A warning fails the build.
pub fn use_as_compiler() -> Result<()> {
    let driver = driver()?;
    COMPILER.get_or_init(|| driver);
    Ok(())
}

/// What `cargo clippy -- -D warnings` sets for `cargo check`.
pub fn apply(cargo: &mut Command) {
    if let Some(driver) = COMPILER.get() {
        cargo
            .env("RUSTC_WORKSPACE_WRAPPER", driver)
            .env("CLIPPY_ARGS", "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__");
    }
}

/// Lets a cargo of [`workspace::cargo`] compile as usual.
pub fn remove(cargo: &mut Command) {
    if COMPILER.get().is_some() {
        cargo.env_remove("RUSTC_WORKSPACE_WRAPPER").env_remove("CLIPPY_ARGS");
    }
}

/// The driver of the compiler in use, which a distribution may keep elsewhere.
fn driver() -> Result<PathBuf> {
    let sysroot = workspace::rustc(&["--print", "sysroot"]).unwrap_or_default();
    let beside = Path::new(sysroot.trim()).join("bin").join(DRIVER);
    if beside.exists() {
        return Ok(beside);
    }
    if run::answers(DRIVER, "--version") {
        return Ok(DRIVER.into());
    }
    bail!("Clippy is not installed: run `rustup component add clippy`")
}
