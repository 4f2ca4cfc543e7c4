//! What a change of `schema.graphql` means to clients.

use std::{
    fs,
    process::{Command, ExitCode},
};

use anyhow::{Context, Result};

use crate::{
    programs,
    run::{self, IdleTimeout},
    step::step,
    workspace::{self, Profile},
};

/// Prints the changes since a commit, and fails when one of them breaks clients.
pub fn since(base: &str) -> Result<ExitCode> {
    let old = step("schema.graphql, as it was", |step| {
        let mut git = Command::new("git");
        git.args(["show", &format!("{base}:schema.graphql")]).current_dir(workspace::root());
        run::quiet(&mut git, IdleTimeout::Local, step)
            .with_context(|| format!("{base} has no schema.graphql"))
    })?;
    Ok(if show(&old)? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints what changed since the schema was `old`, and answers whether all clients go on.
pub fn show(old: &str) -> Result<bool> {
    programs::build_schema_diff()?;
    let kept = workspace::target_dir().join("old-schema.graphql");
    fs::write(&kept, old).context("cannot write the old schema into the target directory")?;
    let mut diff = Command::new(programs::path("schema-diff", Profile::Dev));
    diff.arg(kept).arg(workspace::root().join("schema.graphql"));
    let status = diff.status().context("schema-diff does not start")?;
    anyhow::ensure!(matches!(status.code(), Some(0 | 1)), "the schemas cannot be compared");
    Ok(status.success())
}
