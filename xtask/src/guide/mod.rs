//! Follows `docs/guides/add-a-table.md` to the letter, on a copy of the checkout: a guide that has gone stale
//! fails here, and not in the hands of who reads it.

mod change;
mod copy;
mod text;

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, bail, ensure};

use self::text::Order;
use crate::{
    run::{self, Within},
    step::step,
    workspace,
};

const GUIDE: &str = "docs/guides/add-a-table.md";

pub fn follow() -> Result<()> {
    let text = fs::read_to_string(workspace::root().join(GUIDE));
    let text = text.with_context(|| format!("cannot read {GUIDE}"))?;
    let orders = text::orders(&text)?;
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
    step(&format!("`{line}`"), |step| run::streamed(&mut cargo, Within::Build, step))
}
