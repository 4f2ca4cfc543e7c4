//! The std of a release: compiled from its source for size, and without a word about panics. A panic traps at
//! once, which is all that the page's visitor is told of it anyway.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{self, Command},
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use super::toolchain::{TARGET, holds_std};
use crate::{
    run::{self, IdleTimeout},
    step::Step,
    workspace::{self, Profile},
};

/// What a compiled std is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// As rustup ships it.
    Usual,
    Small,
}

impl Flavour {
    pub fn of(profile: Profile) -> Self {
        match profile {
            Profile::Dev => Self::Usual,
            Profile::Release => Self::Small,
        }
    }
}

/// For std and for all that is compiled against it. The compiler still calls them unstable.
const SMALL: [&str; 4] =
    ["-Zunstable-options", "-Cpanic=immediate-abort", "-Zlocation-detail=none", "-Zfmt-debug=none"];

/// Lets a stable compiler take [`SMALL`], and compile std.
fn unlock(cargo: &mut Command) {
    cargo.env("RUSTC_BOOTSTRAP", "1");
}

/// Has `cargo` compile for the browser against the std of this sysroot.
pub fn link(cargo: &mut Command, sysroot: &Path, flavour: Flavour) {
    let mut flags = format!("--sysroot={}", sysroot.display());
    if flavour == Flavour::Small {
        unlock(cargo);
        flags.extend(SMALL.map(|flag| format!(" {flag}")));
    }
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags);
}

/// The source of a compiler's std.
#[derive(Clone, Debug)]
pub struct Source {
    /// Below which `library/` is.
    pub folder: PathBuf,
    /// What `rustc -vV` says, and whatever else tells one source from another.
    pub version: String,
}

impl Source {
    /// Where it is when it is there: beside the compiler that has this sysroot.
    pub fn of(compilers_sysroot: &Path, version: String) -> Option<Self> {
        let folder = compilers_sysroot.join("lib/rustlib/src/rust");
        let source = Self { folder, version };
        source.manifest().exists().then_some(source)
    }

    fn manifest(&self) -> PathBuf {
        self.folder.join("library/sysroot/Cargo.toml")
    }

    /// A sysroot with that std, built by `cargo` the first time.
    pub fn kept(&self, flavour: Flavour, cargo: Command, step: &Step) -> Result<PathBuf> {
        let key = Sha256::new().chain_update(format!("{flavour:?} {SMALL:?} {}", self.version));
        let key = hex::encode(key.finalize());
        let kept = workspace::target_dir().join("wasm-sysroot").join(&key[..16]);
        if !holds_std(&libdir(&kept)) {
            step.doing("building std for the browser, once");
            self.build(flavour, cargo, &kept, step).context("cannot build std for the browser")?;
        }
        Ok(kept)
    }

    fn build(&self, flavour: Flavour, mut cargo: Command, kept: &Path, step: &Step) -> Result<()> {
        let scratch = kept.with_extension(format!("build-{}", process::id()));
        let built = scratch.join("target");
        let mut flags = vec!["-Zforce-unstable-if-unmarked"];
        if flavour == Flavour::Small {
            flags.extend(SMALL);
            cargo.env("CARGO_PROFILE_DIST_OPT_LEVEL", "z");
        }
        unlock(&mut cargo);
        cargo
            .env("CARGO_PROFILE_DIST_DEBUG", "0")
            .env("RUSTFLAGS", flags.join(" "))
            .args(["build", "--locked", "--profile", "dist", "--target", TARGET])
            .arg("--manifest-path")
            .arg(self.manifest())
            .arg("--target-dir")
            .arg(&built)
            .current_dir("/");
        if flavour == Flavour::Small {
            cargo.args(["--features", "optimize_for_size"]);
        }
        run::quiet(&mut cargo, IdleTimeout::Build, step)?;

        let ready = scratch.join("sysroot");
        fs::create_dir_all(libdir(&ready))?;
        for file in built.join(TARGET).join("dist/deps").read_dir()?.flatten() {
            if file.path().extension().is_some_and(|extension| extension == "rlib") {
                fs::copy(file.path(), libdir(&ready).join(file.file_name()))?;
            }
        }
        if kept.exists() {
            fs::remove_dir_all(kept)?;
        }
        fs::rename(&ready, kept).with_context(|| format!("cannot keep {}", kept.display()))?;
        Ok(fs::remove_dir_all(&scratch)?)
    }
}

fn libdir(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib").join(TARGET).join("lib")
}
