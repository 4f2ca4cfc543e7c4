//! What users may make, and what runs or is granted without being asked for.

use crate::{Rule, Severity};

/// A table or function under a name that others use goes before theirs. The default `search_path` begins with a schema of
/// the role's own name, which CREATE on the database makes.
pub const CREATE: Rule = Rule {
    id: "create-reachable",
    severity: Severity::Error,
    title: "Users may make objects: CREATE on a schema or the database",
    message: "{roles} may make objects in {object}",
    advice: "run REVOKE CREATE ON {object} FROM PUBLIC and from the roles that have it",
    sql: "SELECT place.object, string_agg(quote_ident(r.rolname), ', ' ORDER BY r.rolname) AS roles
          FROM (SELECT format('DATABASE %I', current_database()) AS object, NULL::oid AS schema
                UNION ALL
                SELECT format('SCHEMA %I', nspname), oid FROM pg_namespace
                WHERE nspname !~ '^pg_(toast|temp)') place
          JOIN reachable r ON NOT r.rolsuper AND CASE WHEN place.schema IS NULL
              THEN has_database_privilege(r.oid, current_database(), 'CREATE')
              ELSE has_schema_privilege(r.oid, place.schema, 'CREATE') END
          WHERE place.schema IS NULL OR place.schema NOT IN (SELECT oid FROM open_public)
          OR EXISTS (SELECT FROM pg_namespace n CROSS JOIN aclexplode(n.nspacl) acl
                     WHERE n.oid = place.schema AND acl.grantee = r.oid
                     AND acl.privilege_type = 'CREATE')
          GROUP BY place.object",
};

/// The default of a cluster that PostgreSQL 14 or an older version made, which `pg_upgrade` keeps.
/// <https://www.postgresql.org/docs/current/ddl-schemas.html#DDL-SCHEMAS-PATTERNS>
pub const CREATE_IN_PUBLIC: Rule = Rule {
    id: "create-in-public",
    severity: Severity::Warning,
    title: "PUBLIC has CREATE on the schema `public`, as is the default of clusters made before PostgreSQL 15",
    message: "every role may create objects in {object}",
    advice: "run REVOKE CREATE ON SCHEMA public FROM PUBLIC in this database, {by}",
    sql: "SELECT 'SCHEMA public' AS object, by FROM open_public",
};

/// <https://www.postgresql.org/docs/current/sql-alterdefaultprivileges.html>: the next table is reached before it has its
/// policies.
pub const DEFAULT_PRIVILEGES: Rule = Rule {
    id: "default-privileges",
    severity: Severity::Warning,
    title: "Objects that do not exist yet are granted to users",
    message: "{grantee} will have {privileges} on every new {kind} of {owner}{place}",
    advice: "run ALTER DEFAULT PRIVILEGES FOR ROLE {owner}{place} REVOKE ALL ON {kind}S FROM {grantee}, and grant what \
             each needs",
    sql: "SELECT 'default privileges of ' || o.owner AS object, o.owner, o.kind, o.place,
                 coalesce(quote_ident(r.rolname), 'PUBLIC') AS grantee,
                 string_agg(DISTINCT acl.privilege_type, ', ') AS privileges
          FROM pg_default_acl d
          LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
          JOIN pg_roles maker ON maker.oid = d.defaclrole
          CROSS JOIN LATERAL (
              SELECT quote_ident(maker.rolname) AS owner, CASE d.defaclobjtype WHEN 'r' THEN 'TABLE'
                     WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FUNCTION' WHEN 'T' THEN 'TYPE'
                     WHEN 'n' THEN 'SCHEMA' ELSE 'LARGE OBJECT' END AS kind,
                     coalesce(' IN SCHEMA ' || quote_ident(n.nspname), '') AS place) o
          CROSS JOIN aclexplode(d.defaclacl) acl
          LEFT JOIN reachable r ON r.oid = acl.grantee AND NOT r.rolsuper
          WHERE acl.grantee <> d.defaclrole AND (r.oid IS NOT NULL OR acl.grantee = 0)
          -- What PUBLIC has of functions and types by itself.
          AND NOT (acl.grantee = 0 AND d.defaclobjtype IN ('f', 'T') AND d.defaclnamespace = 0)
          GROUP BY o.owner, o.kind, o.place, r.rolname",
};

/// <https://www.postgresql.org/docs/current/rules-privileges.html>: what a rule does is done with the rights of the
/// table's owner.
pub const REWRITE_RULE: Rule = Rule {
    id: "rule-on-relation",
    severity: Severity::Error,
    title: "A rule on a table or view that users reach: it acts with the rights of its owner",
    message: "rule {rule} of {relation} acts with the rights of its owner when {roles} use {relation}",
    advice: "run DROP RULE {rule} ON {relation}, and use a trigger",
    sql: "SELECT 'relation ' || t.name AS object, t.name AS relation, quote_ident(w.rulename) AS rule,
                 t.roles
          FROM granted t JOIN pg_rewrite w ON w.ev_class = t.oid
          WHERE NOT (w.ev_type = '1' AND w.rulename = '_RETURN')",
};

/// <https://www.postgresql.org/docs/current/postgres-fdw.html>: a foreign server is another database, in which other rights
/// count.
pub const FOREIGN_SERVER: Rule = Rule {
    id: "foreign-server-reachable",
    severity: Severity::Error,
    title: "A foreign server, a foreign-data wrapper or a user mapping for users",
    message: "{roles} may use {object}",
    advice: "run REVOKE ALL ON {object} FROM PUBLIC and the roles, or DROP USER MAPPING",
    sql: "SELECT found.object, string_agg(DISTINCT quote_ident(r.rolname), ', ') AS roles
          FROM (SELECT format('FOREIGN SERVER %I', s.srvname) AS object, s.oid AS server,
                       NULL::oid AS wrapper, NULL::oid AS mapped FROM pg_foreign_server s
                UNION ALL
                SELECT format('FOREIGN DATA WRAPPER %I', w.fdwname), NULL, w.oid, NULL
                FROM pg_foreign_data_wrapper w
                UNION ALL
                SELECT format('user mapping of server %I', m.srvname), NULL, NULL, m.umuser
                FROM pg_user_mappings m) found
          JOIN reachable r ON NOT r.rolsuper AND (
              has_server_privilege(r.oid, found.server, 'USAGE')
              OR has_foreign_data_wrapper_privilege(r.oid, found.wrapper, 'USAGE')
              OR found.mapped IN (0, r.oid))
          GROUP BY found.object",
};
