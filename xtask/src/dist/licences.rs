//! The licences of what the program is made of: whoever hands it out hands these out, too.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{
    graphiql,
    page::TARGET as BROWSER,
    run::{self, IdleTimeout},
    step::Step,
    workspace,
};

const FILE: &str = "THIRD-PARTY-LICENCES.txt";
/// How files begin that hold a licence, or what it asks to be handed on.
const NAMES: [&str; 6] = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"];

/// A crate or a package of npm.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    name: String,
    licence: String,
    folder: PathBuf,
}

pub fn write(folder: &Path, step: &mut Step) -> Result<()> {
    let mut parts = crates("release", &workspace::host()?, step)?;
    parts.extend(crates("web", BROWSER, step)?);
    parts.extend(packages(&graphiql::folder())?);
    step.note(format!("{} crates and packages", parts.len()));
    fs::write(folder.join(FILE), text(&parts)?).with_context(|| format!("cannot write {FILE}"))
}

/// What a member of the workspace is compiled from for `target`, of others.
fn crates(member: &str, target: &str, step: &Step) -> Result<BTreeSet<Part>> {
    let mut cargo = workspace::cargo();
    cargo.args(["metadata", "--format-version=1", "--locked", "--filter-platform", target]);
    let said = run::quiet(&mut cargo, IdleTimeout::Local, step)?;
    of_graph(&serde_json::from_str(&said).context("cargo metadata")?, member)
}

fn of_graph(metadata: &Value, member: &str) -> Result<BTreeSet<Part>> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let packages = list(&metadata["packages"]);
    let packages: HashMap<_, _> = packages.iter().map(|it| (text(&it["id"]), it)).collect();
    let nodes = list(&metadata["resolve"]["nodes"]);
    let nodes: HashMap<_, _> = nodes.iter().map(|it| (text(&it["id"]), it)).collect();
    let root = packages.iter().find(|(_, package)| package["name"] == member);
    let (root, _) = root.with_context(|| format!("the workspace has no member {member}"))?;

    let (mut seen, mut parts, mut next) = (BTreeSet::new(), BTreeSet::new(), vec![root.clone()]);
    while let Some(id) = next.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        let package = packages.get(&id).context("cargo metadata names an unknown package")?;
        // Our own have no source.
        if !package["source"].is_null() {
            let manifest = PathBuf::from(text(&package["manifest_path"]));
            parts.insert(Part {
                name: format!("{} {}", text(&package["name"]), text(&package["version"])),
                licence: package["license"].as_str().unwrap_or("see its text").to_owned(),
                folder: manifest.parent().unwrap_or(&manifest).to_owned(),
            });
        }
        for dependency in nodes.get(&id).map(|node| list(&node["deps"])).unwrap_or_default() {
            // Tests and build scripts are not handed out.
            if list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"].is_null()) {
                next.push(text(&dependency["pkg"]));
            }
        }
    }
    Ok(parts)
}

/// What npm installed in `folder` for more than building.
fn packages(folder: &Path) -> Result<BTreeSet<Part>> {
    let lock = fs::read_to_string(folder.join("package-lock.json"))?;
    let lock: Value = serde_json::from_str(&lock).context("package-lock.json")?;
    let listed = lock["packages"].as_object().context("package-lock.json lists no packages")?;
    let handed_out = listed.iter().filter(|(path, it)| !path.is_empty() && it["dev"] != true);
    let parts = handed_out.map(|(path, package)| Part {
        name: format!(
            "{} {} (npm)",
            path.rsplit("node_modules/").next().unwrap_or(path),
            package["version"].as_str().unwrap_or_default()
        ),
        licence: package["license"].as_str().unwrap_or("see its text").to_owned(),
        folder: folder.join(path),
    });
    Ok(parts.collect())
}

/// The list of all, then each text once, with those to whom it belongs.
fn text(parts: &BTreeSet<Part>) -> Result<String> {
    let mut all = String::from(
        "This program is made of the following, and of the Rust standard library (MIT OR Apache-2.0).\n\n",
    );
    let mut texts: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for part in parts {
        writeln!(all, "{}: {}", part.name, part.licence)?;
        for text in licence_texts(&part.folder)? {
            texts.entry(text).or_default().push(&part.name);
        }
    }
    for (text, names) in texts {
        write!(all, "\n{}\n{}\n\n{text}\n", "-".repeat(80), names.join(", "))?;
    }
    Ok(all)
}

fn licence_texts(folder: &Path) -> Result<BTreeSet<String>> {
    // An optional package of npm may not be installed here.
    let Ok(entries) = folder.read_dir() else { return Ok(BTreeSet::new()) };
    let mut texts = BTreeSet::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().to_ascii_uppercase();
        if entry.file_type()?.is_file() && NAMES.iter().any(|start| name.starts_with(start)) {
            let text = String::from_utf8_lossy(&fs::read(entry.path())?).replace("\r\n", "\n");
            texts.insert(text.trim().to_owned());
        }
    }
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_only_built_or_tested_with_is_not_handed_out() {
        let package = |id: &str, source: Option<&str>| {
            json!({"id": id, "name": id, "version": "1.0.0", "license": "MIT", "source": source,
                   "manifest_path": format!("/crates/{id}/Cargo.toml")})
        };
        let dependency =
            |pkg: &str, kind: Option<&str>| json!({"pkg": pkg, "dep_kinds": [{"kind": kind}]});
        let metadata = json!({
            "packages": [package("ours", None), package("used", Some("registry")),
                         package("below", Some("registry")), package("tests", Some("registry")),
                         package("builds", Some("registry"))],
            "resolve": {"nodes": [
                {"id": "ours", "deps": [dependency("used", None), dependency("tests", Some("dev")),
                                        dependency("builds", Some("build"))]},
                {"id": "used", "deps": [dependency("below", None), dependency("used", None)]},
            ]},
        });
        let parts = of_graph(&metadata, "ours").unwrap();
        let names: Vec<_> = parts.iter().map(|part| part.name.as_str()).collect();
        assert_eq!(names, ["below 1.0.0", "used 1.0.0"]);
        assert!(of_graph(&metadata, "unknown").is_err());
    }

    #[test]
    fn a_text_that_several_share_is_there_once() {
        let home = tempfile::tempdir().unwrap();
        let part = |name: &str| {
            let folder = home.path().join(name);
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join("LICENSE-MIT"), "Permission is hereby granted\r\n").unwrap();
            fs::write(folder.join("README"), "no licence").unwrap();
            Part { name: name.to_owned(), licence: "MIT".to_owned(), folder }
        };
        let text = text(&BTreeSet::from([part("one"), part("two")])).unwrap();
        assert!(text.contains("one: MIT\ntwo: MIT\n"), "{text}");
        assert!(text.contains("one, two\n\nPermission is hereby granted\n"), "{text}");
        assert_eq!(text.matches("Permission").count(), 1);
        assert!(!text.contains("no licence"));
    }
}
