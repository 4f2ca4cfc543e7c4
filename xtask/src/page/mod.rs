//! The page: compiled to wasm, bound to JavaScript, and published with content-addressed names in `web/dist`.

mod debian;
mod library;
mod toolchain;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    programs,
    run::{self, IdleTimeout},
    stack::{DOMAINS, Settings},
    step::{Step, step},
    workspace::{self, Profile},
};
pub use toolchain::{TARGET, Toolchain};

/// Where the built page is.
pub fn dist() -> PathBuf {
    web().join("dist")
}

/// Finds or installs what compiles the page: before all that takes long, so that what is missing is said at once.
pub fn toolchain() -> Result<Toolchain> {
    step("Rust for the browser", |step| {
        let toolchain = Toolchain::find(step)?;
        step.note(toolchain.name());
        Ok(toolchain)
    })
}

/// Brings `web/dist` up to date.
pub fn build(toolchain: &Toolchain, profile: Profile, settings: Settings) -> Result<()> {
    programs::build_bundler(profile)?;
    build_with_bundler(toolchain, profile, settings)
}

/// As [`build`], with the bundler that is built already.
pub fn build_with_bundler(
    toolchain: &Toolchain,
    profile: Profile,
    settings: Settings,
) -> Result<()> {
    bundle(&compile(toolchain, profile, settings)?, profile)
}

/// Compiles the page to wasm, which needs no program of the workspace. Returns the module.
pub fn compile(toolchain: &Toolchain, profile: Profile, settings: Settings) -> Result<PathBuf> {
    step("Page, compiled to wasm", |step| cargo_build(toolchain, profile, settings, step))
}

/// Makes `web/dist` from the module, with the bundler that is built already.
pub fn bundle(wasm: &Path, profile: Profile) -> Result<()> {
    step("Page, bundled", |step| {
        let mut bundler = Command::new(programs::path("bundler", Profile::Dev));
        bundler.arg(wasm).arg(web()).arg(work());
        if profile == Profile::Release {
            bundler.arg("release");
        }
        let printed = run::quiet(&mut bundler, IdleTimeout::Local, step)
            .context("the page cannot be bundled")?;
        step.note(printed.trim());
        Ok(())
    })
}

fn web() -> PathBuf {
    workspace::root().join("web")
}

/// A directory of its own: another compiler may be at work, and its artifacts do not mix with ours.
fn work() -> PathBuf {
    workspace::target_dir().join("page")
}

fn cargo_build(
    toolchain: &Toolchain,
    profile: Profile,
    settings: Settings,
    step: &mut Step,
) -> Result<PathBuf> {
    let (name, folder) = match profile {
        Profile::Dev => ("dev", "debug"),
        Profile::Release => ("web-release", "web-release"),
    };
    let target = work();
    let mut cargo = toolchain.cargo(profile, step)?;
    cargo
        .args(["build", "--package", "web", "--bin", "web", "--target", TARGET, "--profile", name])
        .arg("--target-dir")
        .arg(&target);
    if settings == Settings::Default {
        for name in DOMAINS {
            cargo.env_remove(name);
        }
    }
    run::quiet(&mut cargo, IdleTimeout::Build, step)
        .context("the page does not compile to wasm")?;
    let wasm = target.join(TARGET).join(folder).join("web.wasm");
    if !wasm.exists() {
        bail!("cargo built the page, but {} is not there", workspace::shown(&wasm));
    }
    Ok(wasm)
}
