//! The browser test: the product as it runs in development, driven by a headless Chromium.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::{
    apt,
    node::Node,
    npm,
    postgres::{Database, free_port},
    run::{self, Within},
    stack::{self, Stack},
    step::{Step, step},
    workspace::{self, Profile},
};

const NAMES: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];
const MACOS: [&str; 2] = [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

pub fn test() -> Result<()> {
    let folder = workspace::root().join("web/e2e");
    let (node, chromium) = step("Browser and its driver", |step| {
        let node = Node::find(step)
            .context("the browser test needs Node and npm (`--skip-browser` leaves it out)")?;
        npm::install(&folder, step)?;
        let chromium = chromium(step)?;
        step.note(chromium.display().to_string());
        Ok((node, chromium))
    })?;
    let (database, pid_file) = Database::throw_away()?;
    let options = stack::Options { port: free_port()?, profile: Profile::Dev, pid_file };
    let stack = Stack::start(database, options)?;
    let outcome = step("Browser test", |step| drive(&folder, &node, &chromium, &stack, step));
    if outcome.is_err() {
        eprintln!("the service's last lines:\n{}", stack.service.last_lines());
    }
    outcome
}

fn drive(
    folder: &Path,
    node: &Node,
    chromium: &Path,
    stack: &Stack,
    step: &mut Step,
) -> Result<()> {
    let artifacts = workspace::target_dir().join("e2e");
    if artifacts.exists() {
        fs::remove_dir_all(&artifacts)?;
    }
    fs::create_dir_all(&artifacts)?;
    let mut test = node.npm(folder, &["test"])?;
    test.env("BASE_URL", &stack.address)
        .env("CHROMIUM", chromium)
        .env("ARTIFACTS", &artifacts)
        .env("DATABASE_URL", &stack.database.owner_url);
    step.note(format!("screenshots in {}", workspace::shown(&artifacts)));
    run::streamed(&mut test, Within::Build, step)
}

fn chromium(step: &Step) -> Result<PathBuf> {
    if let Some(given) = env::var_os("CHROMIUM").filter(|given| !given.is_empty()) {
        return Ok(given.into());
    }
    if let Some(found) = installed() {
        return Ok(found);
    }
    if apt::available() {
        apt::install(&["chromium", "fonts-dejavu-core"], step)?;
    }
    installed().context(
        "no Chromium on this machine: install it (Debian: `apt-get install chromium`), name it in CHROMIUM, \
         or leave the test out with `--skip-browser`",
    )
}

fn installed() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = env::split_paths(&path).collect();
    let on_path = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    on_path.chain(MACOS.map(PathBuf::from)).find(|file| file.is_file())
}
