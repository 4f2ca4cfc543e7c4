//! Which cargo builds the page to wasm: the plain one where it has the target's std, after `rustup target
//! add` where rustup may download, else Debian's newer Rust with a std that we build once and keep.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use super::sysroot;
use crate::{
    interrupt::Interrupted,
    run::{self, Within},
    step::Step,
    workspace,
};

pub const TARGET: &str = "wasm32-unknown-unknown";

/// A cargo that can build for the browser.
pub enum Toolchain {
    Plain,
    Debian { sysroot: PathBuf, linker: PathBuf },
}

impl Toolchain {
    pub fn find(step: &mut Step) -> Result<Self> {
        match env::var("WASM_TOOLCHAIN").as_deref() {
            Ok("debian") => return sysroot::debian(step),
            Ok("") | Err(_) => {}
            Ok(other) => bail!("WASM_TOOLCHAIN is `{other}`: it can be `debian` or not set"),
        }
        if has_std() {
            return Ok(Self::Plain);
        }
        let may_download = env::var("RUSTUP_AUTO_INSTALL").as_deref() != Ok("0");
        let added = (may_download && run::answers("rustup", "--version")).then(|| add_target(step));
        if has_std() {
            return Ok(Self::Plain);
        }
        let said = match added {
            Some(Err(error)) if error.is::<Interrupted>() => return Err(error),
            Some(Err(error)) => format!("; {error:#}"),
            _ => String::new(),
        };
        sysroot::debian(step).with_context(|| {
            format!(
                "this Rust cannot build for the browser: run `rustup target add {TARGET}` and try again{said}"
            )
        })
    }

    /// `cargo` with what it needs to build for the browser, at the top of the checkout.
    pub fn cargo(&self) -> Command {
        match self {
            Self::Plain => workspace::cargo(),
            Self::Debian { sysroot, linker } => {
                let mut cargo = sysroot::debian_cargo();
                cargo
                    .current_dir(workspace::root())
                    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
                    .env(
                        "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
                        format!("--sysroot={}", sysroot.display()),
                    );
                cargo
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

fn add_target(step: &Step) -> Result<()> {
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add", TARGET]).current_dir(workspace::root());
    run::quiet(&mut rustup, Within::Install, step).map(drop)
}

fn has_std() -> bool {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let asked = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .current_dir(workspace::root())
        .output();
    let Ok(answer) = asked else { return false };
    let libdir = String::from_utf8_lossy(&answer.stdout);
    answer.status.success() && holds_std(Path::new(libdir.trim()))
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
