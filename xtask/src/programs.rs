//! The workspace's own programs: compiled together where they can be, found in the target directory.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::{
    run::{self, IdleTimeout},
    step::step,
    workspace::{self, Profile},
};

/// Named together wherever one of them is built: cargo then takes the same features for all, and compiles
/// nothing a second time.
const DEVELOPMENT: [&str; 6] =
    ["--package", "api", "--package", "migration", "--package", "bundler"];

/// What `cargo xtask dev` needs. Development builds it in one go: cargo then compiles what they share once,
/// and has enough to do for every core.
pub fn build(profile: Profile) -> Result<()> {
    match profile {
        Profile::Dev => cargo_build("Service, migrations, bundler", &DEVELOPMENT),
        Profile::Release => {
            build_for_release()?;
            build_bundler(profile)
        }
    }
}

fn build_for_release() -> Result<()> {
    cargo_build("Service and migrations", &[&DEVELOPMENT[..4], &["--release"]].concat())
}

/// What `cargo xtask bench` measures, and what measures it.
pub fn build_for_bench() -> Result<()> {
    build_for_release()?;
    step("Bench, compiled", |step| {
        let mut cargo = workspace::cargo();
        cargo.args(["bench", "--package", "api", "--bench", "peers", "--no-run"]);
        run::quiet(&mut cargo, IdleTimeout::Build, step).map(drop)
    })
}

/// What `cargo xtask page` needs. The bundler is a tool: it is never built optimised.
pub fn build_bundler(profile: Profile) -> Result<()> {
    let mut arguments = vec!["--package", "bundler"];
    if profile == Profile::Release {
        arguments.extend(["--features", "bundler/compress"]);
    }
    cargo_build("Bundler", &arguments)
}

/// What `cargo xtask dev --tunnel` runs beside the service: a tool, never built optimised.
pub fn build_tunnel(profile: Profile) -> Result<()> {
    let tunnel = ["--package", "tunnel"];
    match profile {
        Profile::Dev => cargo_build("Tunnel", &[&DEVELOPMENT[..], &tunnel].concat()),
        Profile::Release => cargo_build("Tunnel", &tunnel),
    }
}

/// What compares schemas.
pub fn build_schema_diff() -> Result<()> {
    cargo_build("schema-diff", &["--package", "schema-diff"])
}

/// The service for a command whose output is the user's: only a failure to build says anything.
pub fn service_in_silence() -> Result<PathBuf> {
    let mut cargo = workspace::cargo();
    let built = cargo.args(["build", "--quiet"]).args(DEVELOPMENT).status();
    ensure!(built.context("cargo does not start")?.success(), "the service cannot be built");
    Ok(path("api", Profile::Dev))
}

/// A program that was built.
pub fn path(name: &str, profile: Profile) -> PathBuf {
    workspace::target_dir().join(profile.folder()).join(name)
}

fn cargo_build(label: &str, arguments: &[&str]) -> Result<()> {
    step(label, |step| {
        let mut cargo = workspace::cargo();
        cargo.arg("build").args(arguments);
        run::quiet(&mut cargo, IdleTimeout::Build, step).map(drop)
    })
}
