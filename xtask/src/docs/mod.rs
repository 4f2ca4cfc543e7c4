//! What the documents name is there: tests, files, variables, commands, and what a guide changes.

mod commands;
mod links;
mod tests_named;
mod variables;

use std::{fs, path::PathBuf};

use anyhow::{Context, Result, bail};

use self::variables::Known;
use crate::{guide, step::step, workspace};

/// A document: where it is from the top of the checkout, and what it says.
struct Document {
    name: String,
    text: String,
}

/// Fails with all that the documents name and that is not there. The programs have to be built.
pub fn check() -> Result<()> {
    step("Documents", |step| {
        let (documents, known) = (read()?, Known::read()?);
        let mut faults = Vec::new();
        for document in &documents {
            faults.extend(links::faults(document));
            faults.extend(known.faults(document));
            faults.extend(commands::faults(document)?);
        }
        faults.extend(tests_named::faults(&threat_model(&documents)?.text));
        faults.extend(guide::fits().err().map(|error| format!("{error:#}")));
        if faults.is_empty() {
            step.note(format!("{} of them", documents.len()));
            return Ok(());
        }
        bail!("documents name what is not there:\n{}", faults.join("\n"))
    })
}

const THREATS: &str = "docs/threat-model.md";

fn threat_model(documents: &[Document]) -> Result<&Document> {
    documents.iter().find(|document| document.name == THREATS).context("no docs/threat-model.md")
}

fn read() -> Result<Vec<Document>> {
    let mut names = vec!["README.md".to_owned()];
    for folder in ["docs", "docs/decisions", "docs/guides"] {
        for entry in fs::read_dir(workspace::root().join(folder)).context(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "md") {
                names.push(workspace::shown(&path));
            }
        }
    }
    names.sort();
    let read = |name: String| {
        let text = fs::read_to_string(workspace::root().join(&name));
        Ok(Document { text: text.with_context(|| format!("cannot read {name}"))?, name })
    };
    names.into_iter().map(read).collect()
}

/// Where a link of the document leads, without what it names in there.
fn target(document: &str, link: &str) -> PathBuf {
    let folder = workspace::root().join(document);
    let file = link.split_once('#').map_or(link, |(file, _)| file);
    match folder.parent() {
        Some(folder) if !file.is_empty() => folder.join(file),
        _ => folder,
    }
}

/// Text and link of all that is written `[text](link)`.
fn links(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.match_indices("](").filter_map(|(at, between)| {
        let (before, after) = (&text[..at], &text[at + between.len()..]);
        Some((&before[before.rfind('[')? + 1..], &after[..after.find(')')?]))
    })
}

/// Fenced blocks: their language, and their lines.
fn blocks(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut blocks = Vec::new();
    let mut open: Option<(&str, Vec<&str>)> = None;
    for line in text.lines() {
        // In a list the fence is indented, and what is in it as far.
        match (line.trim_start().strip_prefix("```"), &mut open) {
            (Some(language), None) => open = Some((language, Vec::new())),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some((_, lines))) => lines.push(line.trim_start()),
            (None, None) => {}
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_blocks_are_found() {
        let text = "See [one](a.md#x), [two](b.md).\n\n   ```sh\n   ls\n   ```\n```\nx\n```\n";
        assert_eq!(links(text).collect::<Vec<_>>(), [("one", "a.md#x"), ("two", "b.md")]);
        assert_eq!(blocks(text), [("sh", vec!["ls"]), ("", vec!["x"])]);
    }
}
