//! The workspace's own programs: compiled together where they can be, found in the target directory.

use std::path::PathBuf;

use anyhow::Result;

use crate::{
    run::{self, Within},
    step::step,
    workspace::{self, Profile},
};

/// What `cargo xtask dev` needs. Development builds it in one go: cargo then compiles what they share once,
/// and has enough to do for every core.
pub fn build(profile: Profile) -> Result<()> {
    const SERVICE: [&str; 4] = ["--package", "api", "--package", "migration"];
    match profile {
        Profile::Dev => {
            let all = [&SERVICE[..], &["--package", "bundler"]].concat();
            cargo_build("Service, migrations, bundler", &all)
        }
        Profile::Release => {
            cargo_build("Service and migrations", &[&SERVICE[..], &["--release"]].concat())?;
            build_bundler(profile)
        }
    }
}

/// What `cargo xtask page` needs. The bundler is a tool: it is never built optimised.
pub fn build_bundler(profile: Profile) -> Result<()> {
    let mut arguments = vec!["--package", "bundler"];
    if profile == Profile::Release {
        arguments.extend(["--features", "bundler/compress"]);
    }
    cargo_build("Bundler", &arguments)
}

/// A program that was built.
pub fn path(name: &str, profile: Profile) -> PathBuf {
    workspace::target_dir().join(profile.folder()).join(name)
}

fn cargo_build(label: &str, arguments: &[&str]) -> Result<()> {
    step(label, |step| {
        let mut cargo = workspace::cargo();
        cargo.arg("build").args(arguments);
        run::quiet(&mut cargo, Within::Build, step).map(drop)
    })
}
