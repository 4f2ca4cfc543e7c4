//! Tables, views and the like that users reach: row-level security must bind each.

use crate::{Rule, Severity};

/// <https://www.postgresql.org/docs/current/ddl-rowsecurity.html>
pub const WITHOUT_RLS: Rule = Rule {
    id: "table-without-rls",
    severity: Severity::Error,
    title: "A table that users reach, without row-level security",
    message: "table {table} can be reached by {roles} without row-level security",
    advice: "run ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY, and make \
             its policies",
    sql: "SELECT 'table ' || name AS object, name AS table, roles
          FROM granted WHERE relkind IN ('r', 'p') AND NOT relrowsecurity",
};

/// Without FORCE the table's owner is not bound: nor is a function or a view of theirs.
pub const WITHOUT_FORCE: Rule = Rule {
    id: "table-without-force",
    severity: Severity::Error,
    title: "A table whose row-level security does not bind its owner",
    message: "table {table} can be reached by {roles}, and its row-level security does not bind its \
              owner",
    advice: "run ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
    sql: "SELECT 'table ' || name AS object, name AS table, roles
          FROM granted WHERE relkind IN ('r', 'p') AND relrowsecurity AND NOT relforcerowsecurity",
};

/// <https://www.postgresql.org/docs/current/sql-createview.html>: the policies that apply are those
/// of the view's owner. PostgreSQL 14 has no `security_invoker`.
pub const VIEW_OF_OWNER: Rule = Rule {
    id: "view-not-security-invoker",
    severity: Severity::Error,
    title: "A view that users reach and that reads with the rights of its owner",
    message: "view {view} can be reached by {roles} and reads with the rights of its owner",
    advice: "run ALTER VIEW {view} SET (security_invoker = true), or revoke the grant",
    sql: "SELECT 'view ' || name AS object, name AS view, roles
          FROM granted WHERE relkind = 'v' AND NOT coalesce(
              (SELECT option_value::boolean FROM pg_options_to_table(reloptions)
               WHERE option_name = 'security_invoker'), false)",
};

pub const MATERIALIZED_VIEW: Rule = Rule {
    id: "materialized-view-reachable",
    severity: Severity::Error,
    title: "A materialized view that users reach: it holds what its owner could read",
    message: "materialized view {view} can be reached by {roles} and knows no row-level security",
    advice: "revoke the grant",
    sql: "SELECT 'materialized view ' || name AS object, name AS view, roles
          FROM granted WHERE relkind = 'm'",
};

pub const FOREIGN_TABLE: Rule = Rule {
    id: "foreign-table-reachable",
    severity: Severity::Error,
    title: "A foreign table that users reach: policies do not apply to it",
    message: "foreign table {table} can be reached by {roles} and knows no row-level security",
    advice: "revoke the grant",
    sql: "SELECT 'foreign table ' || name AS object, name AS table, roles
          FROM granted WHERE relkind = 'f'",
};
