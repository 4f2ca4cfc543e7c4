//! Which cargo builds the page to wasm: the plain one where it has the target's std, after `rustup target
//! add` where rustup may download, else Debian's newer Rust with a std that we build once and keep.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use super::{
    debian,
    library::{self, Flavour, Source},
};
use crate::{
    clippy,
    interrupt::Interrupted,
    run::{self, IdleTimeout},
    step::Step,
    workspace::{self, Profile},
};

pub const TARGET: &str = "wasm32-unknown-unknown";

/// A cargo that can build for the browser.
pub enum Toolchain {
    Plain,
    Debian { source: Source, linker: PathBuf },
}

impl Toolchain {
    pub fn find(step: &mut Step) -> Result<Self> {
        match env::var("WASM_TOOLCHAIN").as_deref() {
            Ok("debian") => return debian::find(step),
            Ok("") | Err(_) => {}
            Ok(other) => bail!("WASM_TOOLCHAIN is `{other}`: it can be `debian` or not set"),
        }
        if has_std() {
            return Ok(Self::Plain);
        }
        let added = may_download().then(|| rustup(&["target", "add", TARGET], step));
        if has_std() {
            return Ok(Self::Plain);
        }
        let said = match added {
            Some(Err(error)) if error.is::<Interrupted>() => return Err(error),
            Some(Err(error)) => format!("; {error:#}"),
            _ => String::new(),
        };
        debian::find(step).with_context(|| {
            format!(
                "this Rust cannot build for the browser: run `rustup target add {TARGET}` and try again{said}"
            )
        })
    }

    /// `cargo` with what it needs to build for the browser, at the top of the checkout.
    pub fn cargo(&self, profile: Profile, step: &Step) -> Result<Command> {
        match (self, profile) {
            (Self::Plain, Profile::Dev) => Ok(plain_cargo()),
            (Self::Plain, Profile::Release) => {
                let mut cargo = plain_cargo();
                // Without the source the page is larger, and that is all.
                if let Some(source) = plain_source(step)? {
                    let sysroot = source.kept(Flavour::Small, plain_cargo(), step)?;
                    library::link(&mut cargo, &sysroot, Flavour::Small);
                }
                Ok(cargo)
            }
            (Self::Debian { source, linker }, _) => {
                let flavour = Flavour::of(profile);
                let mut cargo = debian::cargo();
                cargo
                    .current_dir(workspace::root())
                    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
                library::link(&mut cargo, &source.kept(flavour, debian::cargo(), step)?, flavour);
                Ok(cargo)
            }
        }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Plain => "this machine's Rust",
            Self::Debian { .. } => "Debian's Rust",
        }
    }
}

/// Without the lints, which are about the host.
fn plain_cargo() -> Command {
    let mut cargo = workspace::cargo();
    clippy::remove(&mut cargo);
    cargo
}

fn may_download() -> bool {
    env::var("RUSTUP_AUTO_INSTALL").as_deref() != Ok("0") && run::answers("rustup", "--version")
}

fn rustup(arguments: &[&str], step: &Step) -> Result<()> {
    let mut rustup = Command::new("rustup");
    rustup.args(arguments).current_dir(workspace::root());
    run::quiet(&mut rustup, IdleTimeout::Install, step).map(drop)
}

/// The std's source of the compiler that `cargo` takes, where it is or can be had.
fn plain_source(step: &Step) -> Result<Option<Source>> {
    let there = || {
        Source::of(
            Path::new(workspace::rustc(&["--print", "sysroot"])?.trim()),
            workspace::rustc(&["-vV"])?,
        )
    };
    if there().is_none() && may_download() {
        match rustup(&["component", "add", "rust-src"], step) {
            Err(error) if error.is::<Interrupted>() => return Err(error),
            _ => {}
        }
    }
    Ok(there())
}

fn has_std() -> bool {
    workspace::rustc(&["--print", "target-libdir", "--target", TARGET])
        .is_some_and(|libdir| holds_std(Path::new(libdir.trim())))
}

/// Whether a target's library folder holds a compiled std: `libstd.rlib` or `libstd-<hash>.rlib`.
pub fn holds_std(libdir: &Path) -> bool {
    let Ok(files) = libdir.read_dir() else {
        return false;
    };
    files.flatten().any(|file| {
        let name = file.file_name();
        let rest =
            name.to_str().and_then(|name| name.strip_prefix("libstd")?.strip_suffix(".rlib"));
        rest.is_some_and(|hash| hash.is_empty() || hash.starts_with('-'))
    })
}
