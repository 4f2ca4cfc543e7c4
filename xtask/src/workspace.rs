//! Where things are: the checkout, cargo's target directory, the kept development data.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::clippy;

/// The checkout's top folder.
pub fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

static TARGET_DIR: OnceLock<PathBuf> = OnceLock::new();

/// Asks cargo for its target directory: the environment may name it, and any of its configuration files.
pub fn find_target_dir() -> Result<()> {
    let metadata = metadata()?;
    let found = metadata["target_directory"].as_str().context("cargo names no target directory")?;
    TARGET_DIR.get_or_init(|| found.into());
    Ok(())
}

/// The folders of the workspace's members.
pub fn members() -> Result<Vec<PathBuf>> {
    let metadata = metadata()?;
    let packages = metadata["packages"].as_array().context("cargo names no packages")?;
    let manifests = packages.iter().filter_map(|package| package["manifest_path"].as_str());
    Ok(manifests.filter_map(|path| Some(Path::new(path).parent()?.to_owned())).collect())
}

fn metadata() -> Result<Value> {
    let mut metadata = cargo();
    metadata.args(["metadata", "--no-deps", "--format-version", "1"]);
    let answer = metadata.output().context("cannot run cargo")?;
    if !answer.status.success() {
        bail!("cargo metadata failed:\n{}", String::from_utf8_lossy(&answer.stderr).trim_end());
    }
    serde_json::from_slice(&answer.stdout).context("cargo metadata")
}

/// The machine that cargo compiles for, as rustc names it.
pub fn host() -> Result<String> {
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    let said = rustc.arg("-vV").current_dir(root()).output().context("cannot run rustc")?;
    let said = String::from_utf8(said.stdout).context("rustc -vV")?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc names no host")?.to_owned())
}

/// Cargo's target directory, the same for all that we start.
pub fn target_dir() -> &'static Path {
    TARGET_DIR.get_or_init(|| root().join("target"))
}

/// Development data that outlives a run; git-ignored.
pub fn data_dir() -> PathBuf {
    root().join(".data")
}

/// All members but one: `postgres-download` has an HTTP client of its own, whose features would have the
/// service's dependencies compiled a second time.
pub const MEMBERS: [&str; 3] = ["--workspace", "--exclude", "postgres-download"];

/// The cargo that started us, running at the top of the checkout.
pub fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root());
    forget(&mut cargo);
    clippy::apply(&mut cargo);
    if let Some(found) = TARGET_DIR.get() {
        cargo.env("CARGO_TARGET_DIR", found);
    }
    cargo
}

/// The output of the compiler that [`cargo`] uses, unless it fails.
pub fn rustc(arguments: &[&str]) -> Option<String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(arguments).current_dir(root()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What [`forget`] takes of the service's configuration.
pub const CONFIGURATION: [&str; 4] =
    ["DATABASE_URL", "DATABASE_AUTHENTICATED_URL", "SUPERTOKENS_API_KEY", "SUPERTOKENS_URI"];

/// `cargo run` describes this crate in the environment; a build script that watches such a variable
/// would otherwise run again under `cargo xtask`. And no build needs what the service is configured with.
pub fn forget(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let unwanted = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_")
                || name.starts_with("CARGO_MANIFEST_")
                || CONFIGURATION.contains(&name)
        });
        if unwanted {
            command.env_remove(name);
        }
    }
}

/// `path` as seen from the checkout, for messages.
pub fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// The build profile of the service, the migrations and the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    Dev,
    Release,
}

impl Profile {
    pub fn from_release(release: bool) -> Self {
        if release { Self::Release } else { Self::Dev }
    }

    /// The folder under the target directory that holds the binaries.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }
}
