//! From a compiled module to `web/dist`; nothing is done when the inputs are those of the last time.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use wasm_bindgen_cli_support::Bindgen;

use crate::{
    fingerprint::{Assets, fingerprint},
    minify,
    publish::publish,
    styles,
};

/// Brings `dist` in `web` up to date; says what came of it. `work` remembers the last time.
/// A release has small names and compressed forms.
pub fn bundle(module: &Path, web: &Path, work: &Path, is_release: bool) -> Result<String> {
    let index_path = web.join("index.html");
    let index = fs::read_to_string(&index_path)
        .with_context(|| format!("cannot read {}", index_path.display()))?;
    let mut assets = Assets::new();
    if web.join("assets").exists() {
        collect(&web.join("assets"), "", &mut assets)?;
    }

    let dist = web.join("dist");
    let inputs = inputs(module, &index, &assets, is_release)?;
    let stamp = Stamp { file: work.join("dist.stamp"), dist: dist.clone() };
    if stamp.holds(&inputs)? {
        return Ok("up to date".to_owned());
    }
    let bound = work.join("bindgen");
    bind(module, &bound, is_release)?;
    collect(&bound, "", &mut assets)?;
    let index = styles::join(&mut assets, &index, is_release)?;
    if is_release {
        shrink(&mut assets);
    }
    let (assets, index) = fingerprint(&assets, &index)?;
    publish(&dist, &assets, &index, is_release)?;
    stamp.write(&inputs)?;
    Ok(sizes(&assets))
}

fn shrink(assets: &mut Assets) {
    for (name, content) in assets {
        let is_script = Path::new(name).extension().is_some_and(|extension| extension == "js");
        if is_script && let Ok(text) = std::str::from_utf8(content) {
            *content = minify::script(text).into_bytes();
        }
    }
}

/// Writes `app.js` and `app_bg.wasm`.
fn bind(module: &Path, folder: &Path, is_release: bool) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let mut bindgen = Bindgen::new();
    bindgen.web(true).context("wasm-bindgen")?;
    bindgen
        .input_path(module)
        .out_name("app")
        .typescript(false)
        .remove_name_section(is_release)
        .remove_producers_section(is_release)
        .generate(folder)
        .context("wasm-bindgen cannot bind the page (is its version the one in xtask/bundler/Cargo.toml?)")
}

fn collect(folder: &Path, prefix: &str, assets: &mut Assets) -> Result<()> {
    for entry in folder.read_dir()? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let relative = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{relative}/"), assets)?;
        } else {
            assets.insert(relative, fs::read(entry.path())?);
        }
    }
    Ok(())
}

/// A digest of all that the bundle is made from. The module and this program count by time and size: they are
/// large, and cargo touches them only when they change.
fn inputs(module: &Path, index: &str, assets: &Assets, is_release: bool) -> Result<String> {
    let mut digest = Sha256::new().chain_update(format!("{is_release}\0{index}\0"));
    for path in [module, &std::env::current_exe()?] {
        let file = fs::metadata(path)?;
        digest.update(format!("{:?} {}\0", file.modified()?, file.len()));
    }
    for (name, content) in assets {
        digest.update(format!("{name}\0{}\0", content.len()));
        digest.update(content);
    }
    Ok(hex::encode(digest.finalize()))
}

/// Remembers what `web/dist` was made from and which files it has.
struct Stamp {
    file: PathBuf,
    dist: PathBuf,
}

impl Stamp {
    fn holds(&self, inputs: &str) -> Result<bool> {
        let Ok(kept) = fs::read_to_string(&self.file) else {
            return Ok(false);
        };
        Ok(self.dist.exists() && kept == self.text(inputs)?)
    }

    fn write(&self, inputs: &str) -> Result<()> {
        Ok(fs::write(&self.file, self.text(inputs)?)?)
    }

    fn text(&self, inputs: &str) -> Result<String> {
        let mut files = Assets::new();
        collect(&self.dist, "", &mut files)?;
        let names: Vec<_> = files.keys().map(|name| format!("{name}\n")).collect();
        Ok(format!("{inputs}\n{}", names.concat()))
    }
}

fn sizes(assets: &Assets) -> String {
    let of = |extension: &str| {
        let files = assets.iter().filter(|(name, _)| name.ends_with(extension));
        files.map(|(_, content)| content.len()).sum::<usize>().div_ceil(1000)
    };
    format!("wasm {} kB, JavaScript {} kB", of(".wasm"), of(".js"))
}
