//! The column that says whose a row is, in tables to which users add rows.

use crate::{Rule, Severity};

/// A row of nobody is a row that nobody sees.
pub const NULLABLE: Rule = Rule {
    id: "owner-column-nullable",
    severity: Severity::Warning,
    title: "A row may be nobody's",
    message: "{column} of table {table} says whose a row is, and may be NULL",
    advice: "run ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL",
    sql: "SELECT 'table ' || o.\"table\" AS object, o.\"table\", o.name AS column
          FROM owner_column o
          WHERE NOT o.not_null AND EXISTS (SELECT FROM permission m WHERE m.relation = o.relation
                                           AND m.privilege = 'INSERT')",
};

/// With the default nobody needs to be granted the column.
pub const WITHOUT_DEFAULT: Rule = Rule {
    id: "owner-column-without-default",
    severity: Severity::Warning,
    title: "Whose a row is does not come from the claims",
    message: "{column} of table {table} says whose a row is, and its default is not from the claims",
    advice: "run ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT auth.user_id()",
    sql: "SELECT 'table ' || o.\"table\" AS object, o.\"table\", o.name AS column
          FROM owner_column o
          WHERE NOT o.from_claims AND EXISTS (SELECT FROM permission m WHERE m.relation = o.relation
                                              AND m.privilege = 'INSERT')",
};
