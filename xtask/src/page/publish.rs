//! Publishing `web/dist` under a running server: new assets first, then the page that names them, then the
//! old ones go. Names carry their content's hash, so at no moment is anything half there.

use std::{
    collections::BTreeSet,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use flate2::{Compression, write::GzEncoder};

use super::fingerprint::Assets;
use crate::workspace::Profile;

const COMPRESSED: [&str; 9] =
    ["css", "html", "ico", "js", "json", "map", "svg", "wasm", "webmanifest"];

pub fn publish(dist: &Path, assets: &Assets, index: &str, profile: Profile) -> Result<()> {
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
        for (name, content) in encodings(name, content, profile)? {
            place(&incoming, dist, &name, &content).with_context(context)?;
            names.insert(dist.join(name));
        }
    }
    fs::remove_dir_all(&incoming).with_context(context)?;
    remove_others(dist, &names).with_context(context)
}

/// The file itself and, in release, its compressed forms where they are smaller.
fn encodings(name: String, content: &[u8], profile: Profile) -> Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    if profile == Profile::Release && COMPRESSED.contains(&extension) {
        let forms = [("br", brotli(content)?), ("gz", gzip(content)?)];
        let smaller = forms.into_iter().filter(|(_, packed)| packed.len() < content.len());
        files.extend(smaller.map(|(suffix, packed)| (format!("{name}.{suffix}"), packed)));
    }
    files.push((name, content.to_vec()));
    Ok(files)
}

fn brotli(content: &[u8]) -> Result<Vec<u8>> {
    let mut packed = Vec::new();
    let parameters =
        brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    brotli::BrotliCompress(&mut &*content, &mut packed, &parameters)?;
    Ok(packed)
}

fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(content)?;
    Ok(packed.finish()?)
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
        let assets = |name: &str| Assets::from([(name.to_owned(), "a".repeat(500).into_bytes())]);
        publish(dist.path(), &assets("old.js"), "<p>old</p>", Profile::Release).unwrap();
        assert_eq!(files(dist.path()), ["index.html", "old.js", "old.js.br", "old.js.gz"]);

        publish(dist.path(), &assets("sub/new.js"), "<p>new</p>", Profile::Dev).unwrap();
        assert_eq!(files(dist.path()), ["index.html", "new.js"]);
        assert_eq!(fs::read_to_string(dist.path().join("index.html")).unwrap(), "<p>new</p>");
    }
}
