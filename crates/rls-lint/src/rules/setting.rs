//! What the login starts with, and what it may set that is for superusers.

use crate::{Rule, Severity};

/// <https://www.postgresql.org/docs/current/sql-alterrole.html>. Settings of the login in this database go before those of
/// the login, which go before those of the database. All of them count: the login may take back its own.
pub const BECOMES_ANOTHER: Rule = Rule {
    id: "login-setting-role",
    severity: Severity::Error,
    title: "Connections start as another role, by a setting of the login or the database",
    message: "connections of the {subject} start with {name} = {value}",
    advice: "run {alter} RESET {name}",
    sql: "SELECT s.object, asked.subject_name AS subject, s.name, s.value, s.alter
          FROM login_setting s, asked
          WHERE s.name = 'role' AND s.value NOT IN (asked.role, asked.subject, 'none', '')
          OR s.name = 'session_authorization' AND s.value NOT IN (asked.subject, 'default', '')",
};

/// Claims that nobody sent would be those of every transaction without any.
pub const CLAIMS: Rule = Rule {
    id: "login-setting-claims",
    severity: Severity::Error,
    title: "Connections start with claims or with `row_security`, by a setting of the login or the database",
    message: "connections of the {subject} start with {name} = {value}",
    advice: "run {alter} RESET {name}",
    sql: "SELECT s.object, asked.subject_name AS subject, quote_ident(s.name) AS name,
                 CASE s.name WHEN 'row_security' THEN s.value ELSE '…' END AS value, s.alter
          FROM login_setting s, asked
          WHERE s.name = 'row_security' OR s.name LIKE 'request.%'",
};

/// They decide which names, libraries and triggers the service's statements meet.
pub const SEARCH_PATH: Rule = Rule {
    id: "login-setting-search-path",
    severity: Severity::Warning,
    title: "Connections start with `search_path`, `session_preload_libraries` or `session_replication_role`, by a \
            setting of the login or the database",
    message: "connections of the {subject} start with {name} = {value}",
    advice: "run {alter} RESET {name}, unless it is meant so",
    sql: "SELECT s.object, asked.subject_name AS subject, s.name, s.value, s.alter
          FROM login_setting s, asked
          WHERE s.name IN ('search_path', 'session_preload_libraries', 'session_replication_role')",
};

/// <https://www.postgresql.org/docs/current/ddl-priv.html>: GRANT SET and ALTER SYSTEM, since PostgreSQL 15. The first
/// load code into the server, the others switch off triggers, checks and the protection of the catalogue.
pub const DANGEROUS_PARAMETER: Rule = Rule {
    id: "login-sets-dangerous-parameter",
    severity: Severity::Error,
    title: "The login may set a parameter that makes it as good as a superuser, or any parameter of the whole server",
    message: "{grantee} has {privilege} on parameter {parameter}, and the {subject} can act as it",
    advice: "run REVOKE {privilege} ON PARAMETER {parameter} FROM {grantee}",
    sql: "SELECT asked.subject_name AS object, asked.subject_name AS subject, p.privilege,
                 p.name AS parameter, p.grantee_name AS grantee
          FROM parameter p, asked
          WHERE p.is_dangerous",
};

/// What is logged and measured, and limits.
pub const PARAMETER: Rule = Rule {
    id: "login-sets-parameter",
    severity: Severity::Warning,
    title: "The login may set a parameter that the server keeps for superusers",
    message: "{grantee} has {privilege} on parameter {parameter}, and the {subject} can act as it",
    advice: "run REVOKE {privilege} ON PARAMETER {parameter} FROM {grantee}",
    sql: "SELECT asked.subject_name AS object, asked.subject_name AS subject, p.privilege,
                 p.name AS parameter, p.grantee_name AS grantee
          FROM parameter p, asked
          WHERE NOT p.is_dangerous",
};
