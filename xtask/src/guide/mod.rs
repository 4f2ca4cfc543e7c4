//! Follows `docs/guides/add-a-table.md` to the letter, on a copy of the checkout: a guide that has gone stale
//! fails here, and not in the hands of who reads it.

mod change;
mod copy;
mod text;

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};

use self::text::Order;
use crate::{
    run::{self, IdleTimeout},
    step::step,
    workspace,
};

const GUIDE: &str = "docs/guides/add-a-table.md";

fn read() -> Result<Vec<Order>> {
    let text = fs::read_to_string(workspace::root().join(GUIDE));
    text::orders(&text.with_context(|| format!("cannot read {GUIDE}"))?)
}

/// Whether each block fits the sources as they are now: what is to be changed is there, what is new is not.
/// What comes of it only [`follow`] tells, which takes minutes.
pub fn fits() -> Result<()> {
    let mut changed: HashMap<PathBuf, String> = HashMap::new();
    for order in read()? {
        let (file, text) = match order {
            Order::Run(line) => {
                ensure!(line.starts_with("cargo "), "`{line}` is no command of cargo");
                continue;
            }
            Order::Write { file, text } => {
                ensure!(
                    !workspace::root().join(&file).exists(),
                    "{GUIDE}: {file} is there already"
                );
                (file, text)
            }
            Order::Change { file, changes } => {
                let path = workspace::root().join(&file);
                let old = changed.get(&path).cloned().map_or_else(|| fs::read_to_string(&path), Ok);
                let old = old.with_context(|| format!("{GUIDE}: cannot read {file}"))?;
                let new = change::apply(&old, &changes);
                (file.clone(), new.with_context(|| format!("{GUIDE}: {file}"))?)
            }
        };
        changed.insert(workspace::root().join(file), text);
    }
    Ok(())
}

pub fn follow() -> Result<()> {
    let orders = read()?;
    // Below the target directory, which compilers share: what the checkout depends on is built once.
    let folder = workspace::target_dir().join("guide");
    step("Checkout, copied", |step| {
        let (copied, kept) = copy::bring(&folder)?;
        step.note(format!("{copied} files, {kept} as they were"));
        Ok(())
    })?;
    for order in orders {
        obey(&order, &folder).with_context(|| format!("{GUIDE} cannot be followed"))?;
    }
    Ok(())
}

fn obey(order: &Order, folder: &Path) -> Result<()> {
    match order {
        Order::Write { file, text } => {
            let path = folder.join(file);
            ensure!(!path.exists(), "{file} is there already");
            fs::create_dir_all(path.parent().context("a file in a folder")?)?;
            fs::write(path, text).with_context(|| format!("cannot write {file}"))
        }
        Order::Change { file, changes } => {
            let path = folder.join(file);
            let old = fs::read_to_string(&path).with_context(|| format!("cannot read {file}"))?;
            let new = change::apply(&old, changes).with_context(|| file.clone())?;
            fs::write(path, new).with_context(|| format!("cannot write {file}"))
        }
        Order::Run(line) => command(line, folder),
    }
}

fn command(line: &str, folder: &Path) -> Result<()> {
    let mut words = line.split_whitespace();
    let Some("cargo") = words.next() else { bail!("`{line}` is no command of cargo") };
    let mut cargo: Command = workspace::cargo();
    cargo.args(words).current_dir(folder);
    step(&format!("`{line}`"), |step| run::streamed(&mut cargo, IdleTimeout::Build, step))
}
