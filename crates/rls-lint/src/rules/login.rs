//! The service's login: bound by row-level security, in itself and in all that it can become.

use crate::{Rule, Severity};

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

/// <https://www.postgresql.org/docs/current/role-attributes.html>: before PostgreSQL 16 it joins every role but
/// superusers, and since then it changes the passwords and settings of those that it made.
pub const CREATES_ROLES: Rule = Rule {
    id: "login-creates-roles",
    severity: Severity::Error,
    title: "The login has CREATEROLE, or can become a role that has",
    message: "the {object} {how} CREATEROLE, by which it can take the rights of others",
    advice: "name another in DATABASE_AUTHENTICATED_URL, or run ALTER ROLE {role} NOCREATEROLE",
    sql: "SELECT subject_name AS object, quote_ident(rolname) AS role,
                 CASE WHEN rolname = subject THEN 'has'
                 ELSE format('can become %I, which has', rolname) END AS how
          FROM reachable, asked WHERE rolcreaterole AND NOT rolsuper",
};

/// A physical copy of the server has every row in it.
pub const REPLICATES: Rule = Rule {
    id: "login-replicates",
    severity: Severity::Error,
    title: "The login has REPLICATION, or can become a role that has",
    message: "the {object} {how} REPLICATION, by which it can copy the whole server",
    advice: "name another in DATABASE_AUTHENTICATED_URL, or run ALTER ROLE {role} NOREPLICATION",
    sql: "SELECT subject_name AS object, quote_ident(rolname) AS role,
                 CASE WHEN rolname = subject THEN 'has'
                 ELSE format('can become %I, which has', rolname) END AS how
          FROM reachable, asked WHERE rolreplication AND NOT rolsuper",
};

/// <https://www.postgresql.org/docs/current/predefined-roles.html>: programs and files of the server, the statements and
/// connections of others, all data. Their names are reserved, so those of later versions are found, too. The owner of the
/// database is in `pg_database_owner`, and found by [`OWNS_OBJECT`].
pub const HAS_PREDEFINED_ROLE: Rule = Rule {
    id: "login-predefined-role",
    severity: Severity::Error,
    title: "The login is a member of a predefined role, directly, through other roles or with ADMIN OPTION",
    message: "the {object} can act as {role}",
    advice: "run REVOKE {role} FROM the role that has it",
    sql: "SELECT subject_name AS object, quote_ident(rolname) AS role
          FROM reachable, asked
          WHERE rolname LIKE 'pg\\_%' AND rolname <> 'pg_database_owner'",
};

/// It can let other logins in, and lock the service out.
pub const ADMINISTERS_ROLE: Rule = Rule {
    id: "login-admin-option",
    severity: Severity::Warning,
    title: "The login can grant a role to others, and take it from itself",
    message: "the {object} can grant {role} to others: {member} has it WITH ADMIN OPTION",
    advice: "run REVOKE ADMIN OPTION FOR {role} FROM {member}",
    sql: "SELECT DISTINCT subject_name AS object, quote_ident(granted.rolname) AS role,
                 quote_ident(r.rolname) AS member
          FROM asked CROSS JOIN reachable r
          JOIN pg_auth_members m ON m.member = r.oid AND m.admin_option
          JOIN pg_roles granted ON granted.oid = m.roleid WHERE NOT r.rolsuper",
};

/// An owner may replace, alter and drop it, and grant it to others.
pub const OWNS_OBJECT: Rule = Rule {
    id: "login-owns-object",
    severity: Severity::Error,
    title: "The login owns the database, or a schema, view, function, type or the like in it, or can become its owner",
    message: "the {object} can act as the owner of {owned}",
    advice: "name a login that does not, or give {owned} to another role by ALTER … OWNER TO",
    sql: "SELECT DISTINCT subject_name AS object, owned.identity AS owned
          FROM asked CROSS JOIN pg_shdepend d
          JOIN reachable r ON r.oid = d.refobjid AND NOT r.rolsuper
          CROSS JOIN LATERAL (
              SELECT o.type || ' ' || o.identity AS identity, o.type, o.schema, o.name
              FROM pg_identify_object(d.classid, d.objid, d.objsubid) o) owned
          WHERE d.refclassid = 'pg_authid'::regclass AND d.deptype = 'o'
          AND (d.classid = 'pg_database'::regclass AND owned.name = quote_ident(current_database())
              OR d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
              AND d.classid NOT IN ('pg_largeobject'::regclass, 'pg_default_acl'::regclass)
              AND coalesce(owned.schema, owned.name) !~ '^pg_(toast_)?temp_'
              AND d.objid NOT IN (SELECT oid FROM relation WHERE relkind IN ('r', 'p')))",
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
