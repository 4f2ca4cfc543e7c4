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
    interrupt::Interrupted,
    run::{self, Within},
    step::Step,
    workspace::{self, Profile},
};

pub const TARGET: &str = "wasm32-unknown-unknown";

/// A cargo that can build for the browser.
pub enum Toolchain {
    /// With its std as it is, and one that is built for releases where there is the source.
    Plain {
        source: Option<Source>,
    },
    Debian {
        source: Source,
        linker: PathBuf,
    },
}

impl Toolchain {
    pub fn find(step: &mut Step) -> Result<Self> {
        match env::var("WASM_TOOLCHAIN").as_deref() {
            Ok("debian") => return debian::find(step),
            Ok("") | Err(_) => {}
            Ok(other) => bail!("WASM_TOOLCHAIN is `{other}`: it can be `debian` or not set"),
        }
        if has_std() {
            return Ok(Self::plain(step));
        }
        let added = may_download().then(|| rustup(&["target", "add", TARGET], step));
        if has_std() {
            return Ok(Self::plain(step));
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

    fn plain(step: &Step) -> Self {
        let mut source = plain_source();
        if source.is_none() && may_download() {
            // Without it the page is larger, and that is all.
            let _ = rustup(&["component", "add", "rust-src"], step);
            source = plain_source();
        }
        Self::Plain { source }
    }

    /// `cargo` with what it needs to build for the browser, at the top of the checkout.
    pub fn cargo(&self, profile: Profile, step: &Step) -> Result<Command> {
        let (mut cargo, source) = match self {
            Self::Plain { source: None } => return Ok(workspace::cargo()),
            Self::Plain { .. } if profile == Profile::Dev => return Ok(workspace::cargo()),
            Self::Plain { source: Some(source) } => (workspace::cargo(), source),
            Self::Debian { source, linker } => {
                let mut cargo = debian::cargo();
                cargo
                    .current_dir(workspace::root())
                    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
                (cargo, source)
            }
        };
        let flavour = match profile {
            Profile::Dev => Flavour::Usual,
            Profile::Release => Flavour::Small,
        };
        let builder = match self {
            Self::Plain { .. } => workspace::cargo(),
            Self::Debian { .. } => debian::cargo(),
        };
        let kept = source.kept(flavour, builder, step)?;
        let mut flags = vec![format!("--sysroot={}", kept.display())];
        if flavour == Flavour::Small {
            library::unlock(&mut cargo);
            flags.extend(library::SMALL.map(str::to_owned));
        }
        cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags.join(" "));
        Ok(cargo)
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Plain { .. } => "this machine's Rust",
            Self::Debian { .. } => "Debian's Rust",
        }
    }
}

fn may_download() -> bool {
    env::var("RUSTUP_AUTO_INSTALL").as_deref() != Ok("0") && run::answers("rustup", "--version")
}

fn rustup(arguments: &[&str], step: &Step) -> Result<()> {
    let mut rustup = Command::new("rustup");
    rustup.args(arguments).current_dir(workspace::root());
    run::quiet(&mut rustup, Within::Install, step).map(drop)
}

/// The std's source of the compiler that `cargo` takes, if it is there.
fn plain_source() -> Option<Source> {
    let sysroot = rustc(&["--print", "sysroot"])?;
    Source::of(Path::new(sysroot.trim()), rustc(&["-vV"])?)
}

/// What the compiler that `cargo` takes says, unless it refuses.
fn rustc(arguments: &[&str]) -> Option<String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(rustc);
    let answer = command.args(arguments).current_dir(workspace::root()).output().ok()?;
    answer.status.success().then(|| String::from_utf8_lossy(&answer.stdout).into_owned())
}

fn has_std() -> bool {
    rustc(&["--print", "target-libdir", "--target", TARGET])
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
