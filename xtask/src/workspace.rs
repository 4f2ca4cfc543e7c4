//! Where things are: the checkout, cargo's target directory, the kept development data.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// The checkout's top folder.
pub fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// Cargo's target directory, as the child builds will see it.
pub fn target_dir() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(dir) if !dir.is_empty() => root().join(dir),
        _ => root().join("target"),
    }
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
    forget_own_build(&mut cargo);
    cargo
}

/// `cargo run` describes this crate in the environment; a build script that watches such a variable
/// would otherwise run again under `cargo xtask`.
pub fn forget_own_build(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let own = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        });
        if own {
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
