//! The page: compiled to wasm, bound to JavaScript, and published with content-addressed names in `web/dist`.

mod bundle;
mod fingerprint;
mod publish;
mod sysroot;
mod toolchain;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::{
    run,
    step::{Step, step},
    workspace::{self, Profile},
};
use toolchain::{TARGET, Toolchain};

/// Where the built page is.
pub fn dist() -> PathBuf {
    workspace::root().join("web/dist")
}

/// Brings `web/dist` up to date.
pub fn build(profile: Profile) -> Result<()> {
    let toolchain = step("Rust for the browser", |step| {
        let toolchain = Toolchain::find(step)?;
        step.note(toolchain.name());
        Ok(toolchain)
    })?;
    let wasm = step("Page, compiled to wasm", |step| compile(&toolchain, profile, step))?;
    step("Page, bundled", |step| bundle::bundle(&wasm, profile, step))
}

fn compile(toolchain: &Toolchain, profile: Profile, step: &mut Step) -> Result<PathBuf> {
    let (name, folder) = match profile {
        Profile::Dev => ("dev", "debug"),
        Profile::Release => ("web-release", "web-release"),
    };
    // A directory of its own: another compiler may be at work, and its artifacts do not mix with ours.
    let target = workspace::target_dir().join("page");
    let mut cargo = toolchain.cargo();
    cargo
        .args(["build", "--package", "web", "--bin", "web", "--target", TARGET, "--profile", name])
        .arg("--target-dir")
        .arg(&target);
    run::quiet(&mut cargo, step).context("the page does not compile to wasm")?;
    let wasm = target.join(TARGET).join(folder).join("web.wasm");
    if !wasm.exists() {
        bail!("cargo built the page, but {} is not there", workspace::shown(&wasm));
    }
    Ok(wasm)
}
