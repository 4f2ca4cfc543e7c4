//! The RLS lint: what in the live catalogue would not keep users apart, or not quickly, and what to
//! do about each fault. One rule is one [`Rule`]; `docs/rls-lint.md` lists them.

mod expression;
mod report;
mod rules;
mod run;

use serde::Serialize;

pub use self::{
    report::{Report, rules_as_markdown},
    rules::{CREATE_IN_PUBLIC, RULES, SERVER_WITH_LEAKS},
    run::{Login, pool, role_exists, run, run_in},
};

/// What is asked of the catalogue. `{name}` in a text stands for the column of that name in `sql`.
#[derive(Debug)]
pub struct Rule {
    /// Stable: scripts and settings name it.
    pub id: &'static str,
    pub severity: Severity,
    /// What it finds, as `docs/rls-lint.md` lists it.
    pub title: &'static str,
    pub message: &'static str,
    pub advice: &'static str,
    /// One row a fault, over the names in `catalogue.sql`, with a column `object` that says where.
    pub sql: &'static str,
}

/// What follows from a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Users would not be kept apart: the service does not start.
    Error,
    /// Slow, or one mistake away from an error: the service says so when it starts.
    Warning,
}

impl Severity {
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A fault in the catalogue. Its form is that of `--format json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub rule: &'static str,
    pub severity: Severity,
    pub object: String,
    pub message: String,
    pub advice: String,
}
