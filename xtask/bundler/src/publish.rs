//! Publishing `web/dist` under a running server: new assets first, then the page that names them, then the
//! old ones go. Names carry their content's hash, so at no moment is anything half there.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::fingerprint::Assets;

pub fn publish(dist: &Path, assets: &Assets, index: &str, is_release: bool) -> Result<()> {
    let context = || format!("cannot write {}", dist.display());
    let incoming = dist.join(".incoming");
    if incoming.exists() {
        fs::remove_dir_all(&incoming).with_context(context)?;
    }
    fs::create_dir_all(&incoming).with_context(context)?;

    let mut names = BTreeSet::new();
    let pages = [("index.html".to_owned(), index.as_bytes())];
    let assets =
        assets.iter().map(|(name, content)| (format!("assets/{name}"), content.as_slice()));
    for (name, content) in assets.chain(pages) {
        for (name, content) in encodings(name, content, is_release)? {
            place(&incoming, dist, &name, &content).with_context(context)?;
            names.insert(dist.join(name));
        }
    }
    fs::remove_dir_all(&incoming).with_context(context)?;
    remove_others(dist, &names).with_context(context)
}

/// The file itself and, where they are asked for, its compressed forms.
#[cfg_attr(
    not(feature = "compress"),
    expect(unused_variables, clippy::unnecessary_wraps, reason = "only compressing can fail")
)]
fn encodings(name: String, content: &[u8], is_release: bool) -> Result<Vec<(String, Vec<u8>)>> {
    #[cfg(feature = "compress")]
    let compressed = if is_release { crate::compress::forms(&name, content)? } else { Vec::new() };
    #[cfg(not(feature = "compress"))]
    let compressed = Vec::new();
    Ok([compressed, vec![(name, content.to_vec())]].concat())
}

fn place(incoming: &Path, dist: &Path, name: &str, content: &[u8]) -> Result<()> {
    let (written, target) = (incoming.join("file"), dist.join(name));
    fs::write(&written, content)?;
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::rename(written, target)?;
    Ok(())
}

fn remove_others(folder: &Path, kept: &BTreeSet<PathBuf>) -> Result<()> {
    for entry in folder.read_dir()?.flatten() {
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            remove_others(&path, kept)?;
            if path.read_dir()?.next().is_none() {
                fs::remove_dir(&path)?;
            }
        } else if !kept.contains(&path) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for entry in folder.read_dir().unwrap().flatten() {
            if entry.path().is_dir() {
                found.extend(files(&entry.path()));
            } else {
                found.push(entry.file_name().into_string().unwrap());
            }
        }
        found.sort();
        found
    }

    #[test]
    fn a_new_page_replaces_the_old_one_and_its_assets() {
        let dist = tempfile::tempdir().unwrap();
        let assets = |name: &str| Assets::from([(name.to_owned(), b"a".to_vec())]);
        publish(dist.path(), &assets("old.js"), "<p>old</p>", true).unwrap();
        assert_eq!(files(dist.path()), ["index.html", "old.js"]);

        publish(dist.path(), &assets("sub/new.js"), "<p>new</p>", true).unwrap();
        assert_eq!(files(dist.path()), ["index.html", "new.js"]);
        assert_eq!(fs::read_to_string(dist.path().join("index.html")).unwrap(), "<p>new</p>");
    }
}
