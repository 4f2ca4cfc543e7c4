//! The server itself.

use crate::{Rule, Severity};

/// CVE-2025-8713: statistics of the optimizer showed rows that policies hide.
/// <https://www.postgresql.org/support/security/CVE-2025-8713/>
pub const SERVER_WITH_LEAKS: Rule = Rule {
    id: "server-with-known-leaks",
    severity: Severity::Warning,
    title: "A server before 17.6, 16.10, 15.14 or 14.19, in which rows are known to leak through \
            row-level security",
    message: "rows are known to leak through row-level security in PostgreSQL {version}",
    advice: "update it: the leak is closed in 17.6, 16.10, 15.14 and 14.19",
    sql: "SELECT 'server' AS object, version FROM server
          WHERE number < 140019 OR number BETWEEN 150000 AND 150013
          OR number BETWEEN 160000 AND 160009 OR number BETWEEN 170000 AND 170005",
};
