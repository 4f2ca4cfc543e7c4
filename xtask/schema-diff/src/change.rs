//! A change of a schema, and what it means to clients that were written for the old one.

use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// No client can tell.
    Safe,
    /// A client may meet what it does not know.
    Dangerous,
    /// An operation that was good no longer is, or its answer has another shape.
    Breaking,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub severity: Severity,
    pub text: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Safe => "safe",
            Severity::Dangerous => "dangerous",
            Severity::Breaking => "BREAKING",
        };
        write!(f, "{severity:9}  {}", self.text)
    }
}

/// Changes, as they are found.
#[derive(Default)]
pub struct Changes(Vec<Change>);

impl Changes {
    pub fn safe(&mut self, text: String) {
        self.add(Severity::Safe, text);
    }

    pub fn dangerous(&mut self, text: String) {
        self.add(Severity::Dangerous, text);
    }

    pub fn breaking(&mut self, text: String) {
        self.add(Severity::Breaking, text);
    }

    pub fn add(&mut self, severity: Severity, text: String) {
        self.0.push(Change { severity, text });
    }

    /// The worst first.
    pub fn sorted(mut self) -> Vec<Change> {
        self.0.sort_by_key(|change| std::cmp::Reverse(change.severity));
        self.0
    }
}
