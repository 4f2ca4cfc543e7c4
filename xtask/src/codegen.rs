//! What is generated and committed: `schema.graphql`, from the service's own schema, the settings' example and
//! reference, and the manifest of the page's operations. All are checked for drift.

use std::{fmt::Write, fs, process::Command};

use anyhow::{Context, Result, bail};

use crate::{
    documents, programs,
    run::{self, IdleTimeout},
    schema_diff,
    step::{Step, step},
    workspace::{self, Profile},
};

/// What the service prints of its settings, and where that is kept.
const SETTINGS: [(&str, &str); 2] =
    [("example", ".env.example"), ("reference", "docs/configuration.md")];

pub fn write() -> Result<()> {
    // The service carries it.
    documents::write()?;
    programs::build(Profile::Dev)?;
    step("Settings, written", |step| {
        for (what, file) in SETTINGS {
            fs::write(workspace::root().join(file), print(&["config", what], step)?)
                .with_context(|| format!("cannot write {file}"))?;
        }
        Ok(())
    })?;
    let old = step("schema.graphql, written", |step| {
        let schema = print(&["schema"], step)?;
        let file = workspace::root().join("schema.graphql");
        let kept = fs::read_to_string(&file).ok().filter(|kept| *kept != schema);
        match kept {
            None if file.exists() => step.note("unchanged"),
            _ => fs::write(file, schema).context("cannot write schema.graphql")?,
        }
        Ok(kept)
    })?;
    // Told, not refused: it may be meant.
    old.map_or(Ok(()), |old| schema_diff::show(&old).map(drop))
}

/// Builds the service, and compares what is kept with it.
pub fn check() -> Result<()> {
    programs::build(Profile::Dev)?;
    compare_all()
}

/// Fails, showing the difference, when what is kept is not what the service prints.
pub fn compare_all() -> Result<()> {
    documents::check()?;
    step("Settings, compared", |step| {
        SETTINGS.iter().try_for_each(|(what, file)| compare(file, &print(&["config", what], step)?))
    })?;
    step("schema.graphql, compared", |step| compare("schema.graphql", &print(&["schema"], step)?))
}

fn compare(file: &str, generated: &str) -> Result<()> {
    let kept = fs::read_to_string(workspace::root().join(file))
        .with_context(|| format!("cannot read {file}: run `cargo xtask codegen`"))?;
    if kept == generated {
        return Ok(());
    }
    bail!(
        "{file} is not what the service says: run `cargo xtask codegen`\n{}",
        difference(&kept, generated)
    )
}

/// What a command of the service prints.
fn print(arguments: &[&str], step: &Step) -> Result<String> {
    let mut api = Command::new(programs::path("api", Profile::Dev));
    run::quiet(api.args(arguments).current_dir(workspace::root()), IdleTimeout::Local, step)
        .with_context(|| format!("the service does not print its {}", arguments.join(" ")))
}

/// The lines between the first and the last that differ, a few of each side.
fn difference(kept: &str, generated: &str) -> String {
    const SHOWN: usize = 12;
    let (kept, generated): (Vec<_>, Vec<_>) = (kept.lines().collect(), generated.lines().collect());
    let same_start = kept.iter().zip(&generated).take_while(|(one, other)| one == other).count();
    let rests = kept[same_start..].iter().rev().zip(generated[same_start..].iter().rev());
    let same_end = rests.take_while(|(one, other)| one == other).count();

    let mut text = format!("from line {}:\n", same_start + 1);
    for (mark, lines) in [('-', &kept), ('+', &generated)] {
        let differing = &lines[same_start..lines.len() - same_end];
        for line in differing.iter().take(SHOWN) {
            writeln!(text, "{mark} {line}").ok();
        }
        if differing.len() > SHOWN {
            writeln!(text, "{mark} ... {} more lines", differing.len() - SHOWN).ok();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_shows_only_what_differs() {
        assert_eq!(difference("a\nb\nc\n", "a\nx\ny\nc\n"), "from line 2:\n- b\n+ x\n+ y\n");
        assert_eq!(difference("a\na\n", "a\na\na\n"), "from line 3:\n+ a\n");
        let long = (0..20).map(|line| line.to_string()).collect::<Vec<_>>().join("\n");
        assert!(difference("", &long).ends_with("+ 11\n+ ... 8 more lines\n"));
    }
}
