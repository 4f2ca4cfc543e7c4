//! A copy of the checkout's sources, brought up to date: what is the same is not touched, so that compilers
//! have as little to do as may be.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use crate::workspace;

/// What a build does not read: tests of the browser and pictures.
const LEFT_OUT: [&str; 2] = ["docs/screenshots/", "web/e2e/"];

const MANIFEST: &str = "Cargo.toml";

/// The manifest with a version of the copy's own. To cargo, two workspaces of the same packages in one target
/// directory are one: what it built of the copy would be taken for what it built of the checkout.
fn another(manifest: Vec<u8>) -> Result<Vec<u8>> {
    const VERSION: &str = "[workspace.package]\nversion = \"";
    let manifest = String::from_utf8(manifest).context("Cargo.toml is no text")?;
    let (before, after) =
        manifest.split_once(VERSION).context("Cargo.toml has no version first")?;
    let (version, after) = after.split_once('"').context("a version ends")?;
    Ok(format!("{before}{VERSION}{version}-guide\"{after}").into_bytes())
}

/// How many files were written, and how many were as they should be.
pub fn bring(folder: &Path) -> Result<(usize, usize)> {
    let names = sources()?;
    let (mut copied, mut kept) = (0, 0);
    for name in &names {
        let (from, to) = (workspace::root().join(name), folder.join(name));
        let content = fs::read(&from).with_context(|| format!("cannot read {}", name.display()))?;
        let content = if name == Path::new(MANIFEST) { another(content)? } else { content };
        if fs::read(&to).is_ok_and(|old| old == content) {
            kept += 1;
            continue;
        }
        fs::create_dir_all(to.parent().context("a file in a folder")?)?;
        fs::write(&to, content).with_context(|| format!("cannot write {}", to.display()))?;
        copied += 1;
    }
    clear(folder, folder, &names)?;
    Ok((copied, kept))
}

/// What git knows, and what is new.
fn sources() -> Result<BTreeSet<PathBuf>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let listed = git.current_dir(workspace::root()).output().context("git does not start")?;
    ensure!(listed.status.success(), "git does not say which files there are");
    let listed = String::from_utf8(listed.stdout).context("names of files in UTF-8")?;
    let names = listed.split_terminator('\0');
    let names = names.filter(|name| !LEFT_OUT.iter().any(|folder| name.starts_with(folder)));
    // What was deleted and not yet committed is listed, too.
    Ok(names.map(PathBuf::from).filter(|name| workspace::root().join(name).exists()).collect())
}

/// Takes out what an earlier run has left.
fn clear(folder: &Path, top: &Path, names: &BTreeSet<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            clear(&path, top, names)?;
        } else if path.strip_prefix(top).is_ok_and(|name| !names.contains(name)) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_another_workspace_to_cargo() {
        let manifest = fs::read(workspace::root().join(MANIFEST)).expect("a manifest");
        let copy = String::from_utf8(another(manifest).expect("a version")).expect("a text");
        assert_eq!(copy.matches("-guide\"").count(), 1);
        for member in workspace::members().expect("cargo names its members") {
            let manifest = fs::read_to_string(member.join(MANIFEST)).expect("a manifest");
            assert!(manifest.contains("version.workspace = true"), "{}", member.display());
        }
    }
}
