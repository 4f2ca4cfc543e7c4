//! Grants: what they give beyond what policies bind, or beyond the columns that users may write.

use crate::{Rule, Severity};

/// <https://www.postgresql.org/docs/current/ddl-rowsecurity.html>: "Operations that apply to the
/// whole table, such as TRUNCATE and REFERENCES, are not subject to row security." A trigger runs as
/// whoever writes next; MAINTAIN (PostgreSQL 17) locks everybody out.
pub const BEYOND_ROWS: Rule = Rule {
    id: "grant-beyond-rows",
    severity: Severity::Error,
    title: "TRUNCATE, REFERENCES, TRIGGER or MAINTAIN for users: no policy applies to them",
    message: "{grantee} has {privileges} on table {table}, to which no policy applies",
    advice: "run REVOKE {privileges} ON {table} FROM {grantee}",
    sql: "SELECT 'table ' || t.name AS object, t.name AS table, m.grantee_name AS grantee,
                 string_agg(DISTINCT m.privilege || coalesce(' (' || quote_ident(a.attname) || ')', ''),
                            ', ') AS privileges
          FROM permission m JOIN relation t ON t.oid = m.relation AND t.relkind IN ('r', 'p')
          LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = m.attnum AND m.attnum > 0
          WHERE m.privilege IN ('TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN')
          GROUP BY t.name, m.grantee_name",
};

/// The policy still refuses another's name; the grant is what holds if it is ever loosened.
pub const OWNER_COLUMN: Rule = Rule {
    id: "grant-owner-column",
    severity: Severity::Warning,
    title: "INSERT or UPDATE on the column that says whose a row is",
    message: "{grantee} may write {column} of table {table}, which says whose a row is: {privileges}",
    advice: "run REVOKE {privileges} ON {table} FROM {grantee}, and GRANT them on the columns that \
             users may write",
    sql: "SELECT 'table ' || o.\"table\" AS object, o.\"table\", o.name AS column,
                 m.grantee_name AS grantee,
                 string_agg(DISTINCT m.privilege || CASE m.attnum WHEN 0 THEN ''
                                     ELSE format(' (%s)', o.name) END, ', ') AS privileges
          FROM permission m
          JOIN owner_column o ON o.relation = m.relation AND m.attnum IN (0, o.attnum)
          WHERE m.privilege IN ('INSERT', 'UPDATE') AND NOT o.generated
          GROUP BY o.\"table\", o.name, m.grantee_name",
};

pub const TO_PUBLIC: Rule = Rule {
    id: "grant-to-public",
    severity: Severity::Warning,
    title: "A grant to PUBLIC: every role there is or will be",
    message: "{object} is granted to PUBLIC: {privileges}",
    advice: "run REVOKE ALL ON {kind}{relation} FROM PUBLIC, and grant to the role that needs it",
    sql: "SELECT CASE t.relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view '
                 WHEN 'f' THEN 'foreign table ' WHEN 'S' THEN 'sequence ' ELSE 'table ' END
                 || t.name AS object, t.name AS relation,
                 CASE t.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE '' END AS kind,
                 string_agg(DISTINCT m.privilege || coalesce(' (' || quote_ident(a.attname) || ')', ''),
                            ', ') AS privileges
          FROM permission m JOIN relation t ON t.oid = m.relation
          LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = m.attnum AND m.attnum > 0
          WHERE m.grantee = 0
          GROUP BY t.relkind, t.name",
};

/// A generated key needs no grant. USAGE uses numbers up, UPDATE sets back those that come next, SELECT counts everybody's
/// rows.
pub const SEQUENCE: Rule = Rule {
    id: "grant-sequence",
    severity: Severity::Warning,
    title: "A sequence that users read or change",
    message: "{grantee} has {privileges} on {object}",
    advice: "run REVOKE ALL ON SEQUENCE {sequence} FROM {grantee}, and let the key be GENERATED ALWAYS AS IDENTITY",
    sql: "SELECT 'sequence ' || t.name AS object, t.name AS sequence, m.grantee_name AS grantee,
                 string_agg(DISTINCT m.privilege, ', ') AS privileges
          FROM permission m JOIN relation t ON t.oid = m.relation
          WHERE t.relkind = 'S' AND m.grantee <> 0
          GROUP BY t.name, m.grantee_name",
};

/// <https://www.postgresql.org/docs/current/catalog-pg-init-privs.html>: passwords, samples of every column, files and the
/// settings of the server are in what it keeps from others.
pub const SYSTEM: Rule = Rule {
    id: "grant-system-object",
    severity: Severity::Error,
    title: "A table or function of the server that it keeps from users is granted to them",
    message: "{grantee} has {privileges} on {object}",
    advice: "run REVOKE ALL ON {object} FROM {grantee}",
    sql: "SELECT made.object, coalesce(quote_ident(r.rolname), 'PUBLIC') AS grantee,
                 string_agg(DISTINCT acl.privilege_type, ', ') AS privileges
          FROM (SELECT format('TABLE pg_catalog.%I', c.relname) AS object, a.acl, i.initprivs
                FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                CROSS JOIN LATERAL (
                    SELECT 0, c.relacl UNION ALL
                    SELECT t.attnum, t.attacl FROM pg_attribute t
                    WHERE t.attrelid = c.oid AND t.attacl IS NOT NULL
                ) a (number, acl)
                LEFT JOIN pg_init_privs i ON i.classoid = 'pg_class'::regclass AND i.objoid = c.oid
                    AND i.objsubid = a.number
                WHERE n.nspname = 'pg_catalog'
                UNION ALL
                SELECT format('FUNCTION %s', p.oid::regprocedure),
                       coalesce(p.proacl, acldefault('f', p.proowner)),
                       coalesce(i.initprivs, acldefault('f', p.proowner))
                FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
                LEFT JOIN pg_init_privs i ON i.classoid = 'pg_proc'::regclass AND i.objoid = p.oid
                WHERE n.nspname = 'pg_catalog' AND (p.proacl IS NOT NULL OR i.initprivs IS NOT NULL)
          ) made
          CROSS JOIN aclexplode(made.acl) acl
          LEFT JOIN reachable r ON r.oid = acl.grantee AND NOT r.rolsuper
          WHERE (acl.grantee = 0 OR r.oid IS NOT NULL AND r.rolname NOT LIKE 'pg\\_%')
          AND NOT EXISTS (SELECT FROM aclexplode(made.initprivs) initial
                          WHERE initial.grantee IN (0, acl.grantee)
                          AND initial.privilege_type = acl.privilege_type)
          GROUP BY made.object, r.rolname",
};
