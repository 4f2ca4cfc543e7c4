//! Settings that hold for one transaction, such as its role and its claims.

use std::{borrow::Cow, sync::Arc};

use tokio_postgres::types::{ToSql, Type};

use crate::{
    batch::{ResultLimits, Statement},
    error::Error,
    queue::Share,
};

/// Whether a transaction may change anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// The server rejects every change, and the statements cannot lift that.
    Read,
    /// As far as the role may.
    Write,
}

/// The settings of a kind of transaction: names whose values differ for each one, and constants.
///
/// They are set by `set_config(…, true)`, so they end with the transaction, also behind a pooler.
#[derive(Debug)]
pub struct ScopeTemplate {
    sql: String,
    settings: usize,
    access: Access,
}

impl ScopeTemplate {
    /// `settings` get their values by [`scope`](Self::scope), in this order.
    pub fn new(settings: &[&str], constants: &[(&str, &str)], access: Access) -> Self {
        let read_only = (access == Access::Read).then_some(("transaction_read_only", "on"));
        let given = settings.iter().enumerate();
        let given = given.map(|(at, name)| {
            format!("pg_catalog.set_config({}, ${}, true)", quoted(name), at + 1)
        });
        let constants = constants.iter().chain(&read_only);
        let constants = constants.map(|(name, value)| {
            format!("pg_catalog.set_config({}, {}, true)", quoted(name), quoted(value))
        });
        let calls: Vec<_> = given.chain(constants).collect();
        Self { sql: format!("SELECT {}", calls.join(", ")), settings: settings.len(), access }
    }

    /// The statement that sets them.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// The scope of one transaction.
    ///
    /// Returns [`Error::Encode`] if the number of values is not that of the settings, or if a value has a NUL byte.
    pub fn scope(&'static self, values: &[&str]) -> Result<Scope, Error> {
        if values.len() != self.settings {
            let (have, want) = (values.len(), self.settings);
            return Err(Error::Encode(format!("the scope has {have} values for {want} settings")));
        }
        if values.iter().any(|value| value.contains('\0')) {
            return Err(Error::Encode("a value of the scope has a NUL byte".to_owned()));
        }
        let values = values.iter().map(|value| (value as &(dyn ToSql + Sync), Type::TEXT));
        let prologue = Statement::new(Cow::Borrowed(self.sql.as_str()), values)?;
        Ok(Scope {
            prologue,
            access: self.access,
            limits: ResultLimits::default(),
            shares: Arc::default(),
        })
    }
}

/// A text as an SQL literal (PostgreSQL, "String Constants").
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The settings of one transaction. It has no debug output: values may be secret.
pub struct Scope {
    pub(crate) prologue: Statement,
    pub(crate) access: Access,
    pub(crate) limits: ResultLimits,
    pub(crate) shares: Arc<[Share]>,
}

impl Scope {
    /// How large each result of the transaction may be.
    #[must_use]
    pub fn limits(mut self, limits: ResultLimits) -> Self {
        self.limits = limits;
        self
    }

    /// How many connections transactions like this one have at once: one of them needs room in every share.
    #[must_use]
    pub fn shares(mut self, shares: impl Into<Arc<[Share]>>) -> Self {
        self.shares = shares.into();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_constants_are_quoted() {
        let template = ScopeTemplate::new(&["a.b'"], &[("c", "o'clock")], Access::Write);
        assert_eq!(
            template.sql(),
            "SELECT pg_catalog.set_config('a.b''', $1, true), pg_catalog.set_config('c', 'o''clock', true)"
        );
    }
}
