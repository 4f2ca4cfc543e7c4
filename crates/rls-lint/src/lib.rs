#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod expression;
mod report;
mod rules;
mod run;

use serde::Serialize;

pub use self::{
    report::{Report, rules_as_markdown},
    rules::{CREATE_IN_PUBLIC, RULES, SERVER_WITH_LEAKS},
    run::{Login, Options, pool, role_exists, run, run_in},
};

/// A query over the system catalogs that finds one kind of fault. In `message` and `advice`, `{name}` stands for the
/// column `name` of the query.
#[derive(Debug)]
pub struct Rule {
    /// Stable: scripts and settings name it.
    pub id: &'static str,
    /// What a finding of it means.
    pub severity: Severity,
    /// What it finds, for the table of [`rules_as_markdown`].
    pub title: &'static str,
    /// What is wrong.
    pub message: &'static str,
    /// What to do.
    pub advice: &'static str,
    /// One row a fault, over the names in `catalogue.sql`, with a column `object` that says where.
    pub sql: &'static str,
}

/// How bad a fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// One user can reach rows of another.
    Error,
    /// Slow, or one mistake away from an error.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A fault in the system catalogs. Its serialized form is that of [`Report::json`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The id of the rule.
    pub rule: &'static str,
    /// The severity of the rule.
    pub severity: Severity,
    /// The object at fault, such as `table public.todos`.
    pub object: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub advice: String,
}
