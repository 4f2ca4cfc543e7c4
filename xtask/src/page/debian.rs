//! Debian's Rust for the web, which ships std as source only.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use super::{library::Source, toolchain::Toolchain};
use crate::{
    apt::{self, Outcome},
    step::Step,
    workspace,
};

const PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];
const RUSTC: &str = "/usr/bin/rustc";
const CARGO: &str = "/usr/bin/cargo";
/// The oldest that compiles our crates.
const RUST_VERSION: &str = env!("CARGO_PKG_RUST_VERSION");

pub fn find(step: &mut Step) -> Result<Toolchain> {
    let mut outcome = apt::install(&PACKAGES, step)?;
    // One that was installed long ago.
    if outcome == Outcome::Installed && is_too_old(&rustc_version()?) {
        outcome = apt::install_newest(&PACKAGES, step)?;
    }
    if outcome != Outcome::Installed {
        bail!(
            "Debian's Rust for the web is missing or too old{}: as root, `apt-get update` and \
             `apt-get install {}`",
            outcome.refused(),
            PACKAGES.join(" ")
        );
    }
    let version = rustc_version()?;
    if is_too_old(&version) {
        let release = release(&version).unwrap_or("of an unknown version");
        bail!("Debian's Rust for the web is {release}: {RUST_VERSION} or newer is needed");
    }
    let linker = linker(&version, step)?;
    let source = apt::installed("rust-web-src").context("rust-web-src did not install")?;
    let source = Source::of(Path::new("/usr"), format!("{version}{source}"))
        .context("rust-web-src has no std in /usr/lib/rustlib/src")?;
    Ok(Toolchain::Debian { source, linker })
}

/// Debian's cargo and rustc by their paths: rustup's come first on PATH.
pub fn cargo() -> Command {
    let mut cargo = Command::new(CARGO);
    cargo.env("RUSTC", RUSTC);
    workspace::forget(&mut cargo);
    // These would reach the other compiler, or hide the flags that name the sysroot.
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO", "RUSTUP_TOOLCHAIN", "RUSTDOC"] {
        cargo.env_remove(name);
    }
    cargo
}

fn rustc_version() -> Result<String> {
    let output = Command::new(RUSTC)
        .arg("-vV")
        .current_dir("/")
        .output()
        .with_context(|| format!("cannot run {RUSTC}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The version of `rustc -vV`.
fn release(rustc_version: &str) -> Option<&str> {
    rustc_version.lines().find_map(|line| line.strip_prefix("release: "))
}

fn is_too_old(rustc_version: &str) -> bool {
    let numbers = |version: &str| {
        version.split(['.', '-']).map_while(|part| part.parse().ok()).collect::<Vec<u32>>()
    };
    release(rustc_version).is_none_or(|release| numbers(release) < numbers(RUST_VERSION))
}

/// The newest wasm-ld; where none is as new as the compiler's own LLVM, that one's is installed.
fn linker(rustc_version: &str, step: &Step) -> Result<PathBuf> {
    let llvm = llvm_major(rustc_version)
        .with_context(|| format!("{RUSTC} does not name its LLVM: install a package lld-NN"))?;
    let newest = || newest_linker(Path::new("/usr/bin"));
    if let Some((version, found)) = newest()
        && version >= llvm
    {
        return Ok(found);
    }
    let refused = apt::install(&[&format!("lld-{llvm}")], step)?.refused();
    // An older one may do, too.
    newest().map(|(_, found)| found).with_context(|| {
        format!("no /usr/bin/wasm-ld-*{refused}: as root, `apt-get install lld-{llvm}`")
    })
}

fn newest_linker(folder: &Path) -> Option<(u32, PathBuf)> {
    let files = folder.read_dir().ok()?.flatten();
    let versions = files.filter_map(|file| {
        file.file_name().to_str()?.strip_prefix("wasm-ld-")?.parse::<u32>().ok()
    });
    versions.max().map(|version| (version, folder.join(format!("wasm-ld-{version}"))))
}

fn llvm_major(rustc_version: &str) -> Option<u32> {
    let line = rustc_version.lines().find_map(|line| line.strip_prefix("LLVM version: "))?;
    line.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_compiler_that_is_too_old_is_known_by_its_release() {
        for (release, is_old) in
            [("1.85.0", true), ("1.94.1", true), ("1.95.0", false), ("2.0.0", false)]
        {
            assert_eq!(is_too_old(&format!("rustc\nrelease: {release}\nhost: x\n")), is_old);
        }
        assert!(!is_too_old("release: 1.97.0-nightly\n"));
        assert!(is_too_old("rustc without a release\n"));
    }

    #[test]
    fn the_linker_follows_the_compilers_llvm() {
        let version = "rustc 1.96.0\nrelease: 1.96.0\nLLVM version: 22.1.8\n";
        assert_eq!(llvm_major(version), Some(22));
        assert_eq!(llvm_major("rustc 1.96.0\n"), None);
    }

    #[test]
    fn the_newest_linker_wins_by_number() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["wasm-ld-9", "wasm-ld-22", "wasm-ld-19", "wasm-ld", "wasm-ld-x"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(newest_linker(folder.path()), Some((22, folder.path().join("wasm-ld-22"))));
    }
}
