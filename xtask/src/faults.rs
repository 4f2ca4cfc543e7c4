//! `cargo xtask faults`: what users see while something is broken, measured, as the table of
//! docs/reliability.md.

use std::{collections::BTreeSet, env, fmt::Write, fs};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::{
    postgres::{self, Cluster},
    run::{self, IdleTimeout},
    step::step,
    workspace,
};

const DOCUMENT: &str = "docs/reliability.md";
const BEGIN: &str = "<!-- Written by `cargo xtask faults`. -->\n";
const END: &str = "<!-- The end of it. -->";

/// The table's parts, in their order, as the tests name them.
const PARTS: [(&str, &str); 5] = [
    ("database", "Database"),
    ("core", "SuperTokens Core"),
    ("clients", "Clients"),
    ("load", "Load"),
    ("restarts", "Restarts"),
];

pub fn run() -> Result<()> {
    postgres::sweep();
    let report = env::temp_dir().join(format!("faults-{}.jsonl", std::process::id()));
    let cluster = step("PostgreSQL for the tests", Cluster::throw_away)?;
    let mut cargo = workspace::cargo();
    // One after the other: what is measured is the fault, not the other tests.
    cargo.args(["test", "--no-fail-fast"]).args(workspace::MEMBERS);
    cargo.args(["--all-features", "faults::", "--", "--test-threads", "1"]);
    cargo.env("TEST_DATABASE_URL", cluster.superuser_url()).env("FAULTS_REPORT", &report);
    cargo.env("FAULTS_TODOS", "1000000");
    step("Faults", |step| run::streamed(&mut cargo, IdleTimeout::Build, step))?;
    let lines = fs::read_to_string(&report).context("no test reported anything")?;
    fs::remove_file(&report)?;
    step(DOCUMENT, |step| {
        let file = workspace::root().join(DOCUMENT);
        let old = fs::read_to_string(&file).with_context(|| format!("cannot read {DOCUMENT}"))?;
        let tables = tables(&lines)?;
        step.note(format!("{} faults", lines.lines().count()));
        fs::write(&file, replaced(&old, &tables)?)
            .with_context(|| format!("cannot write {DOCUMENT}"))
    })
}

/// Puts the tables between the marks.
fn replaced(document: &str, tables: &str) -> Result<String> {
    let (before, rest) = document.split_once(BEGIN).context("the mark of the beginning is gone")?;
    let (_, after) = rest.split_once(END).context("the mark of the end is gone")?;
    Ok(format!("{before}{BEGIN}{tables}{END}{after}"))
}

fn tables(lines: &str) -> Result<String> {
    let rows: Vec<Value> =
        lines.lines().map(serde_json::from_str).collect::<Result<_, _>>().context("a report")?;
    let about = |row: &Value| row["about"].as_str().unwrap_or_default().to_owned();
    let unknown: BTreeSet<_> = rows
        .iter()
        .map(about)
        .filter(|about| PARTS.iter().all(|(name, _)| name != about))
        .collect();
    ensure!(
        unknown.is_empty(),
        "no part of the table is called {unknown:?}: see xtask/src/faults.rs"
    );
    let mut tables = String::new();
    for (name, title) in PARTS {
        let mut of_part: Vec<_> = rows.iter().filter(|row| about(row) == name).map(line).collect();
        of_part.sort_unstable();
        write!(tables, "\n### {title}\n\n")?;
        tables.push_str("| fault | what users see | bystanders | well again after | kept |\n");
        tables.push_str("|---|---|---|---|---|\n");
        tables.extend(of_part);
    }
    Ok(tables + "\n")
}

fn line(row: &Value) -> String {
    let cell = |name: &str| row[name].as_str().unwrap_or_default().replace('|', "\\|");
    let cells = ["fault", "sees", "bystanders", "well_after", "kept"].map(cell);
    format!("| {} |\n", cells.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str = r#"{"about":"core","fault":"slow","sees":"a|b","well_after":"2 ms","kept":"all"}
{"about":"core","fault":"down","sees":"503","bystanders":"3 lists","well_after":"at once","kept":"all"}
"#;

    #[test]
    fn rows_stand_in_their_part_in_order() {
        let tables = tables(LINES).unwrap();
        let core = tables.split("### ").find(|part| part.starts_with("SuperTokens Core")).unwrap();
        let rows: Vec<_> = core.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
        let expected =
            ["| down | 503 | 3 lists | at once | all |", "| slow | a\\|b |  | 2 ms | all |"];
        assert_eq!(rows, expected);
        assert!(
            super::tables(r#"{"about":"weather"}"#).unwrap_err().to_string().contains("weather")
        );
    }

    #[test]
    fn the_document_has_its_marks_and_keeps_what_is_around_them() {
        let document = fs::read_to_string(workspace::root().join(DOCUMENT)).unwrap();
        let written = replaced(&document, "tables\n").unwrap();
        assert!(written.contains(&format!("{BEGIN}tables\n{END}")));
        assert_eq!(written.split(BEGIN).next(), document.split(BEGIN).next());
        assert_eq!(written.split(END).nth(1), document.split(END).nth(1));
    }
}
