//! The service's login: bound by row-level security, in itself and in all that it can become.

use crate::rls::lint::{Rule, Severity};

/// <https://www.postgresql.org/docs/current/ddl-rowsecurity.html>: superusers, roles with BYPASSRLS
/// and owners are not bound.
pub const SUPERUSER: Rule = Rule {
    id: "login-superuser",
    severity: Severity::Error,
    title: "The login is a superuser, or can become one",
    message: "the {object} {how} superuser",
    advice: "name another in DATABASE_AUTHENTICATED_URL",
    sql: "SELECT subject_name AS object, CASE WHEN rolname = subject THEN 'is a'
                 ELSE format('can become %I, a', rolname) END AS how
          FROM reachable, asked WHERE rolsuper",
};

pub const BYPASSES_RLS: Rule = Rule {
    id: "login-bypasses-rls",
    severity: Severity::Error,
    title: "The login has BYPASSRLS, or can become a role that has",
    message: "the {object} {how} BYPASSRLS",
    advice: "name another in DATABASE_AUTHENTICATED_URL, or run ALTER ROLE {role} NOBYPASSRLS",
    sql: "SELECT subject_name AS object, quote_ident(rolname) AS role,
                 CASE WHEN rolname = subject THEN 'has'
                 ELSE format('can become %I, which has', rolname) END AS how
          FROM reachable, asked WHERE rolbypassrls AND NOT rolsuper",
};

/// An owner may switch row-level security off.
pub const OWNS_TABLE: Rule = Rule {
    id: "login-owns-table",
    severity: Severity::Error,
    title: "The login owns a table, or can become its owner",
    message: "the {object} can act as the owner of table {table}",
    advice: "name a login that does not, or run ALTER TABLE {table} OWNER TO another role",
    sql: "SELECT subject_name AS object, name AS table
          FROM relation, asked
          WHERE relkind IN ('r', 'p')
          AND relowner IN (SELECT oid FROM reachable WHERE NOT rolsuper)",
};

pub const IS_NO_MEMBER: Rule = Rule {
    id: "login-not-member",
    severity: Severity::Error,
    title: "The login cannot become the users' role",
    message: "the {object} is no member of \"{role}\"",
    advice: "run the migrations, or GRANT the role to it",
    sql: "SELECT subject_name AS object, role FROM asked
          WHERE login IS NOT NULL AND NOT EXISTS (
              SELECT FROM pg_roles r JOIN pg_roles l ON l.rolname = login
              WHERE r.rolname = role AND pg_has_role(l.oid, r.oid, 'MEMBER'))",
};

/// A login that is signed in knows; of another, the catalogue tells. What is set for one database
/// goes before what is set for all.
pub const STARTS_AS_ANOTHER: Rule = Rule {
    id: "login-starts-as-another",
    severity: Severity::Error,
    title: "The login does not start as the users' role, so that code which forgets the transaction \
            has rights of another",
    message: "the {object} does not start as \"{role}\"",
    advice: "run the migrations, or ALTER ROLE {login} SET role = '{role}'",
    sql: "SELECT subject_name AS object, role, quote_ident(login) AS login
          FROM asked JOIN pg_roles l ON l.rolname = login
          WHERE NOT EXISTS (SELECT FROM reachable WHERE rolsuper) AND login <> role
          AND CASE WHEN login = session_user THEN current_user <> role ELSE coalesce((
              SELECT setting <> 'role=' || role
              FROM pg_db_role_setting s CROSS JOIN unnest(s.setconfig) setting
              WHERE s.setrole = l.oid AND setting LIKE 'role=%' AND s.setdatabase IN
                  (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
              ORDER BY s.setdatabase DESC LIMIT 1), true) END",
};
