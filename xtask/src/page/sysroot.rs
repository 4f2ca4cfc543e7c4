//! Debian's Rust for the web, and the std that it ships as source only: built once, kept by version.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{self, Command},
};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use super::toolchain::{TARGET, Toolchain, holds_std};
use crate::{
    apt::{self, Outcome},
    run::{self, Within},
    step::Step,
    workspace,
};

const PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];
const RUSTC: &str = "/usr/bin/rustc";
const CARGO: &str = "/usr/bin/cargo";
/// The oldest that compiles our crates.
const RUST_VERSION: &str = env!("CARGO_PKG_RUST_VERSION");
const STD_MANIFEST: &str = "/usr/lib/rustlib/src/rust/library/sysroot/Cargo.toml";

pub fn debian(step: &mut Step) -> Result<Toolchain> {
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
    let sysroot = kept_std(&version, &source, step)?;
    Ok(Toolchain::Debian { sysroot, linker })
}

/// Debian's cargo and rustc by their paths: rustup's come first on PATH.
pub fn debian_cargo() -> Command {
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

fn kept_std(rustc_version: &str, source_version: &str, step: &Step) -> Result<PathBuf> {
    let key = Sha256::new().chain_update(rustc_version).chain_update(source_version).finalize();
    let kept = workspace::target_dir().join("wasm-sysroot").join(&hex::encode(key)[..16]);
    let libdir = |sysroot: &Path| sysroot.join("lib/rustlib").join(TARGET).join("lib");
    if holds_std(&libdir(&kept)) {
        return Ok(kept);
    }

    step.doing("building std for the browser, once");
    let scratch = kept.with_extension(format!("build-{}", process::id()));
    let built = scratch.join("target");
    let mut cargo = debian_cargo();
    cargo
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_PROFILE_DIST_DEBUG", "0")
        .env("RUSTFLAGS", "-Zforce-unstable-if-unmarked")
        .args(["build", "--locked", "--profile", "dist", "--target", TARGET])
        .args(["--manifest-path", STD_MANIFEST, "--target-dir"])
        .arg(&built)
        .current_dir("/");
    run::quiet(&mut cargo, Within::Build, step).context("cannot build std for the browser")?;

    let ready = scratch.join("sysroot");
    fs::create_dir_all(libdir(&ready))?;
    for file in built.join(TARGET).join("dist/deps").read_dir()?.flatten() {
        if file.path().extension().is_some_and(|extension| extension == "rlib") {
            fs::copy(file.path(), libdir(&ready).join(file.file_name()))?;
        }
    }
    if kept.exists() {
        fs::remove_dir_all(&kept)?;
    }
    fs::rename(&ready, &kept).with_context(|| format!("cannot keep {}", kept.display()))?;
    fs::remove_dir_all(&scratch)?;
    Ok(kept)
}

#[cfg(test)]
mod tests {
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
