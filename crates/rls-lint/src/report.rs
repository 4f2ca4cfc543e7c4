//! Findings as text and JSON, and the rules as a Markdown table.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::json;

use super::{Finding, Severity, rules::RULES};

/// The findings of one run.
#[derive(Debug)]
pub struct Report {
    /// The users' role.
    pub role: String,
    /// The login whose rights were checked. None if the login of the connection administers the database.
    pub login: Option<String>,
    /// The findings, in the order of the rules.
    pub findings: Vec<Finding>,
}

impl Report {
    /// The number of findings of this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// The findings by object, and how many there are.
    pub fn text(&self) -> String {
        let mut by_object: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for finding in &self.findings {
            by_object.entry(&finding.object).or_default().push(finding);
        }
        let mut text = String::new();
        for (object, mut findings) in by_object {
            findings.sort_by_key(|finding| finding.severity);
            line(&mut text, object);
            for Finding { rule, severity, message, advice, .. } in findings {
                line(&mut text, &format!("  {} {rule}: {message}", severity.name()));
                line(&mut text, &format!("    {advice}"));
            }
            text.push('\n');
        }
        let counted = |count: usize, name: &str| match count {
            1 => format!("1 {name}"),
            _ => format!("{count} {name}s"),
        };
        let errors = counted(self.count(Severity::Error), "error");
        let warnings = counted(self.count(Severity::Warning), "warning");
        line(&mut text, &format!("{errors}, {warnings}; looked at {}", self.subject()));
        text
    }

    fn subject(&self) -> String {
        match &self.login {
            Some(login) => format!("role {} and login {login}", self.role),
            None => format!(
                "role {}, and at no login: who is signed in administers the database (name the \
                 service's by --login)",
                self.role
            ),
        }
    }

    /// `{"findings": [{"rule", "severity", "object", "message", "advice"}], "errors", "warnings"}`.
    pub fn json(&self) -> String {
        let errors = self.count(Severity::Error);
        let warnings = self.count(Severity::Warning);
        let report = json!({"findings": self.findings, "errors": errors, "warnings": warnings});
        format!("{report:#}\n")
    }
}

/// A name in the catalogue may hold anything: a terminal must not be told what to do by it.
fn line(text: &mut String, line: &str) {
    for character in line.chars() {
        if character.is_control() {
            text.extend(character.escape_default());
        } else {
            text.push(character);
        }
    }
    text.push('\n');
}

/// The table of `docs/rls-lint.md`.
pub fn rules_as_markdown() -> String {
    let mut table = String::from("| rule | severity | finds | what to do |\n|---|---|---|---|\n");
    for rule in RULES {
        let (severity, title) = (rule.severity.name(), rule.title);
        let advice = rule.advice.replace('{', "‹").replace('}', "›");
        let _ = writeln!(table, "| `{}` | {severity} | {title} | {advice} |", rule.id);
    }
    table
}
