//! `web/queries/manifest.json`: the page's operations by the SHA-256 of their texts. The page sends the hashes,
//! and the service knows the texts.

use std::{collections::HashMap, fmt::Write, fs, path::PathBuf};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::{step::step, workspace};

/// Brings the manifest up to date.
pub fn write() -> Result<()> {
    step("Manifest of the page's operations, written", |step| {
        let manifest = manifest(&operations()?)?;
        if fs::read_to_string(file()).is_ok_and(|kept| kept == manifest) {
            step.note("unchanged");
            return Ok(());
        }
        fs::write(file(), manifest).context("cannot write web/queries/manifest.json")
    })
}

/// Fails when the manifest is not that of the operations.
pub fn check() -> Result<()> {
    step("Manifest of the page's operations, compared", |_| {
        let manifest = manifest(&operations()?)?;
        match fs::read_to_string(file()) {
            Ok(kept) if kept == manifest => Ok(()),
            _ => bail!("web/queries/manifest.json is not current: run `cargo xtask codegen`"),
        }
    })
}

fn queries() -> PathBuf {
    workspace::root().join("web/queries")
}

fn file() -> PathBuf {
    queries().join("manifest.json")
}

/// The names and texts of the operations, by name.
fn operations() -> Result<Vec<(String, String)>> {
    let mut operations = Vec::new();
    for entry in fs::read_dir(queries()).context("cannot read web/queries")? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|name| name.to_str());
        if let (Some(name), Some("graphql")) = (name, path.extension().and_then(|it| it.to_str())) {
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", workspace::shown(&path)))?;
            operations.push((name.to_owned(), text));
        }
    }
    operations.sort();
    check_fragments(&operations)?;
    Ok(operations)
}

/// Fails if two files define a fragment of the same name: tools that read all files together reject that.
fn check_fragments(operations: &[(String, String)]) -> Result<()> {
    let mut files = HashMap::new();
    for (file, text) in operations {
        for line in text.lines() {
            let name = line.strip_prefix("fragment ").and_then(|rest| rest.split(' ').next());
            if let Some(other) = name.and_then(|name| files.insert(name, file)) {
                bail!(
                    "{other}.graphql and {file}.graphql in web/queries have a fragment of the same name: {line}"
                );
            }
        }
    }
    Ok(())
}

/// Written by hand, so that the order of the keys is always this one.
fn manifest(operations: &[(String, String)]) -> Result<String> {
    let mut entries = Vec::new();
    for (name, text) in operations {
        let (id, kind) = (hex::encode(Sha256::digest(text)), kind(name, text)?);
        let body = serde_json::to_string(text)?;
        let mut entry = String::from("    {\n");
        for (key, value) in [("id", &*id), ("name", name), ("type", kind)] {
            writeln!(entry, "      \"{key}\": \"{value}\",")?;
        }
        entries.push(format!("{entry}      \"body\": {body}\n    }}"));
    }
    Ok(format!(
        "{{\n  \"format\": \"apollo-persisted-query-manifest\",\n  \"version\": 1,\n  \"operations\": [\n{}\n  ]\n}}\n",
        entries.join(",\n")
    ))
}

/// What the operation of a file is: the file has its name.
fn kind(name: &str, text: &str) -> Result<&'static str> {
    let found = ["query", "mutation", "subscription"].into_iter().find(|kind| {
        let start = format!("{kind} {name}");
        let mut rests = text.lines().filter_map(|line| line.strip_prefix(&start));
        let ends =
            |rest: &str| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_');
        rests.any(ends)
    });
    found.with_context(|| format!("web/queries/{name}.graphql has no operation {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_has_each_operation_with_the_hash_of_its_text() {
        let text = "# One.\nquery One($a: ID!) {\n  one(id: $a)\n}\n";
        let written = manifest(&[("One".into(), text.into())]).unwrap();
        let read: serde_json::Value = serde_json::from_str(&written).unwrap();
        let one = &read["operations"][0];
        assert_eq!(
            (&one["name"], &one["type"], &one["body"]),
            (&"One".into(), &"query".into(), &text.into())
        );
        assert_eq!(one["id"].as_str().map(str::len), Some(64));
        assert_eq!(one["id"], hex::encode(Sha256::digest(text)));
    }

    #[test]
    fn fragment_names_are_unique() {
        let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let one = file("One", "query One {\n  a\n}\n\nfragment A on B {\n  a\n}\n");
        let other = file("Other", "fragment AB on B {\n  a\n}\n");
        assert!(check_fragments(&[one.clone(), other]).is_ok());
        let same = file("Same", "fragment A on B {\n  a\n}\n");
        let error = check_fragments(&[one, same]).unwrap_err().to_string();
        assert!(error.starts_with("One.graphql and Same.graphql"), "{error}");
    }

    #[test]
    fn a_file_has_the_operation_of_its_name() {
        assert_eq!(kind("A", "mutation A {").unwrap(), "mutation");
        assert_eq!(kind("A", "subscription A($b: ID) {").unwrap(), "subscription");
        for text in ["query AB {", "fragment A on B {", "{ a }"] {
            assert!(kind("A", text).unwrap_err().to_string().contains("no operation A"));
        }
    }
}
