-- What the rules ask about. `''` is the search path: every name here is the server's own.
-- $1: the role of the users. $2: the service's login, or NULL. $3: what the policies' expressions
-- hold, see `expression`. $4: the grants on parameters. $5: the `auth` functions of the migrations, with their bodies.
WITH asked AS (
    SELECT $1::text AS role, $2::text AS login, coalesce($2, $1)::text AS subject,
           format(CASE WHEN $2::text IS NULL THEN 'role %I' ELSE 'login %I' END,
                  coalesce($2, $1)) AS subject_name
),
server AS (
    SELECT current_setting('server_version_num')::int AS number,
           split_part(current_setting('server_version'), ' ', 1) AS version
),

-- The two, and what they can become. A superuser can become everybody: that it is one is enough.
reachable AS (
    SELECT DISTINCT r.oid, r.rolname, r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolreplication
    FROM asked
    JOIN pg_roles base ON base.rolname IN (asked.role, asked.login)
    JOIN pg_roles r ON r.oid = base.oid
        OR NOT base.rolsuper AND pg_has_role(base.oid, r.oid, 'MEMBER')
),
-- The schema `public` where everybody may make objects, as PostgreSQL 14 had it and `pg_upgrade` leaves it.
open_public AS (
    SELECT n.oid, CASE WHEN owner.rolsuper THEN format('as %I or another superuser', owner.rolname)
                       ELSE format('as %I, who owns the database, or as a superuser', admin.rolname) END AS by
    FROM pg_namespace n
    JOIN pg_roles owner ON owner.oid = n.nspowner
    JOIN pg_database d ON d.datname = current_database()
    JOIN pg_roles admin ON admin.oid = d.datdba
    WHERE n.nspname = 'public' AND (owner.rolsuper OR owner.rolname = 'pg_database_owner')
    AND EXISTS (SELECT FROM aclexplode(n.nspacl) acl
                WHERE acl.grantee = 0 AND acl.privilege_type = 'CREATE')
),
-- What the server applies when the login connects to this database. The names of settings have no case.
login_setting AS (
    SELECT lower(split_part(made.setting, '=', 1)) AS name,
           substring(made.setting FROM strpos(made.setting, '=') + 1) AS value,
           CASE WHEN s.setrole <> 0 THEN asked.subject_name
                ELSE format('database %I', current_database()) END AS object,
           CASE WHEN s.setrole = 0 AND s.setdatabase = 0 THEN 'ALTER ROLE ALL'
                WHEN s.setrole = 0 THEN format('ALTER DATABASE %I', current_database())
                WHEN s.setdatabase = 0 THEN format('ALTER ROLE %I', asked.login)
                ELSE format('ALTER ROLE %I IN DATABASE %I', asked.login, current_database()) END AS alter
    FROM asked
    LEFT JOIN pg_roles l ON l.rolname = asked.login
    JOIN pg_db_role_setting s ON s.setrole IN (0, l.oid)
        AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
    CROSS JOIN unnest(s.setconfig) AS made(setting)
),
-- Parameters that the reachable roles may set although the server keeps them for superusers. What cannot be seen in
-- `pg_settings` is for superusers, too.
parameter AS (
    SELECT given.name, given.privilege, coalesce(quote_ident(r.rolname), 'PUBLIC') AS grantee_name,
           given.privilege <> 'SET' OR given.name LIKE '%.on\_%init' OR given.name LIKE '%.start\_proc'
           OR given.name IN (
               'session_preload_libraries', 'shared_preload_libraries', 'local_preload_libraries',
               'dynamic_library_path', 'extension_control_path', 'jit_provider',
               'session_replication_role', 'allow_system_table_mods', 'allow_in_place_tablespaces',
               'ignore_checksum_failure', 'ignore_system_indexes', 'zero_damaged_pages',
               'lo_compat_privileges') AS is_dangerous
    FROM jsonb_to_recordset($4::jsonb) AS given (name text, privilege text, grantee oid)
    LEFT JOIN reachable r ON r.oid = given.grantee AND NOT r.rolsuper
    LEFT JOIN pg_settings shown ON lower(shown.name) = given.name
    WHERE (given.grantee = 0 OR r.oid IS NOT NULL)
    AND (given.privilege <> 'SET' OR coalesce(shown.context, '') <> 'user')
),
-- An extension answers for its own. Names in `public` go without it, whatever the search path.
relation AS (
    SELECT c.oid, c.relkind, c.relowner, c.relacl, c.relrowsecurity, c.relforcerowsecurity,
           c.reloptions, CASE n.nspname WHEN 'public' THEN '' ELSE quote_ident(n.nspname) || '.' END
                         || quote_ident(c.relname) AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e'
                    AND d.classid = 'pg_class'::regclass)
),
-- What queries can name, as far as the reachable roles may.
granted AS (
    SELECT relation.*, by.roles
    FROM relation CROSS JOIN LATERAL (
        SELECT string_agg(quote_ident(r.rolname), ', ' ORDER BY r.rolname) AS roles
        FROM reachable r WHERE NOT r.rolsuper AND (
            has_table_privilege(r.oid, relation.oid,
                                'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
            OR has_any_column_privilege(r.oid, relation.oid, 'SELECT, INSERT, UPDATE, REFERENCES'))
    ) by
    WHERE relation.relkind <> 'S' AND by.roles IS NOT NULL
),
-- Their grants, as they were made. Column 0 stands for the whole table.
permission AS (
    SELECT made.relation, made.attnum, made.privilege_type AS privilege, made.grantee,
           coalesce(quote_ident(r.rolname), 'PUBLIC') AS grantee_name
    FROM (
        SELECT c.oid AS relation, c.relowner, 0::int2 AS attnum, acl.privilege_type, acl.grantee
        FROM relation c CROSS JOIN aclexplode(c.relacl) acl
        UNION ALL
        SELECT c.oid, c.relowner, a.attnum, acl.privilege_type, acl.grantee
        FROM relation c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
        CROSS JOIN aclexplode(a.attacl) acl
    ) made
    LEFT JOIN reachable r ON r.oid = made.grantee AND NOT r.rolsuper
    WHERE made.grantee = 0 OR r.oid IS NOT NULL AND made.grantee <> made.relowner
),

-- The policies that the reachable roles meet.
policy AS (
    SELECT p.oid, p.polrelid AS relation, p.polcmd, p.polpermissive, p.polroles = '{0}' AS for_public,
           p.polroles, p.polroles = '{0}' OR EXISTS (
               SELECT FROM asked JOIN pg_roles u ON u.rolname = asked.role JOIN pg_roles named
                   ON named.oid = ANY (p.polroles)
               WHERE u.oid = named.oid OR NOT u.rolsuper AND pg_has_role(u.oid, named.oid, 'USAGE')
           ) AS for_users,
           p.polqual IS NOT NULL AS has_using, p.polwithcheck IS NOT NULL AS has_check,
           quote_ident(p.polname) AS name, t.name AS "table",
           format('policy %I on %s', p.polname, t.name) AS object,
           coalesce((SELECT string_agg(quote_ident(r.rolname), ', ' ORDER BY r.rolname)
                     FROM pg_roles r WHERE r.oid = ANY (p.polroles)), 'PUBLIC') AS roles
    FROM pg_policy p JOIN granted t ON t.oid = p.polrelid
    WHERE p.polroles = '{0}' OR p.polroles && (SELECT array_agg(oid) FROM reachable)
),
clause AS (
    SELECT given.* FROM jsonb_to_recordset($3::jsonb) AS given
        (policy oid, part text, constant boolean, same_for_every_user boolean,
         requires_ownership boolean, requires_permission_claim boolean,
         reads_claims_setting boolean, bare oid[], compared jsonb)
),
-- What tells who asks: the claims, a setting, or a function of the schema's own making.
claims_function AS (
    SELECT p.oid, format('%I.%I()', n.nspname, p.proname) AS call
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = 'auth' OR p.proname = 'current_setting' AND n.nspname = 'pg_catalog'
    OR p.provolatile <> 'i' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
),
auth_function AS (
    SELECT given.* FROM jsonb_to_recordset($5::jsonb) AS given (name text, body text)
),
-- The columns that policies compare with that. A boolean is no user.
compared AS (
    SELECT DISTINCT p.oid AS policy, p.relation, c.part, x."column" AS attnum, x.is_cast
    FROM policy p JOIN clause c ON c.policy = p.oid
    CROSS JOIN jsonb_to_recordset(c.compared)
        AS x("column" int2, is_cast boolean, operator oid, functions oid[])
    JOIN pg_operator o ON o.oid = x.operator AND o.oprname = '='
    JOIN pg_attribute a ON a.attrelid = p.relation AND a.attnum = x."column"
    JOIN pg_type t ON t.oid = a.atttypid AND 'bool'::regtype NOT IN (t.oid, t.typbasetype)
    WHERE x.functions && (SELECT array_agg(oid) FROM claims_function)
),
-- The columns whose default names the user, be it by a function of the schema's own making that asks for the claims.
-- Other functions and settings make keys and times.
claims_default AS (
    SELECT d.oid FROM pg_attrdef d
    WHERE pg_get_expr(d.adbin, d.adrelid) ~ 'current_setting\(''[a-z_]+\.'
    OR EXISTS (SELECT FROM pg_depend f JOIN pg_proc p ON p.oid = f.refobjid
               JOIN pg_namespace n ON n.oid = p.pronamespace
               WHERE f.classid = 'pg_attrdef'::regclass AND f.objid = d.oid
               AND f.refclassid = 'pg_proc'::regclass AND p.prokind = 'f' AND (
                   n.nspname = 'auth'
                   OR n.nspname <> 'pg_catalog' AND pg_get_functiondef(p.oid) ~ '\mauth\.|request\.jwt'))
),
-- Whose a row is: a column that a policy compares; where none does, one with the name of such a one, or with a default
-- from the claims.
owner_column AS (
    SELECT t.oid AS relation, t.name AS "table", a.attnum, quote_ident(a.attname) AS name,
           a.attnotnull AS not_null, a.attgenerated <> '' AS generated, d.oid AS "default",
           coalesce(d.oid IS NOT NULL AND (
               pg_get_expr(d.adbin, d.adrelid) LIKE '%current\_setting(%'
               OR EXISTS (SELECT FROM pg_depend f WHERE f.classid = 'pg_attrdef'::regclass
                          AND f.objid = d.oid AND f.refclassid = 'pg_proc'::regclass
                          AND f.refobjid IN (SELECT oid FROM claims_function))
           ), false) AS from_claims
    FROM granted t
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type y ON y.oid = a.atttypid AND 'bool'::regtype NOT IN (y.oid, y.typbasetype)
    LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
    WHERE t.relkind IN ('r', 'p') AND CASE
        WHEN EXISTS (SELECT FROM compared c WHERE c.relation = t.oid)
        THEN a.attnum IN (SELECT c.attnum FROM compared c WHERE c.relation = t.oid)
        ELSE d.oid IN (SELECT oid FROM claims_default)
             OR a.attname IN (SELECT other.attname FROM compared c JOIN pg_attribute other
                              ON other.attrelid = c.relation AND other.attnum = c.attnum) END
),

-- The functions that the reachable roles can call, or that run when they write.
function AS (
    SELECT p.oid, p.prosecdef, p.proleakproof, p.prorettype = 'trigger'::regtype AS is_trigger,
           -- Those in C have no names to look up, those with a parsed body no more.
           l.lanname NOT IN ('c', 'internal') AND p.prosqlbody IS NULL AND p.prokind <> 'a'
           AND NOT EXISTS (SELECT FROM unnest(p.proconfig) setting
                           WHERE setting LIKE 'search\_path=%')
           -- Without settings, PostgreSQL inlines the functions of the migrations. Their names have schemas.
           AND NOT EXISTS (SELECT FROM auth_function given WHERE n.nspname = 'auth'
                           AND given.name = p.proname AND given.body = p.prosrc) AS follows_search_path,
           -- Signed claims: it needs its owner's rights for the keys, which nobody else may read.
           n.nspname = 'auth' AND p.proname = 'session' AND p.pronargs = 0 AND EXISTS (
               SELECT FROM relation k WHERE k.name = 'auth_private.claims_keys'
               AND k.relkind = 'r' AND k.relowner = p.proowner
               AND NOT EXISTS (SELECT FROM granted WHERE granted.oid = k.oid)
           ) AS checks_claims,
           CASE n.nspname WHEN 'public' THEN '' ELSE quote_ident(n.nspname) || '.' END
           || format('%I(%s)', p.proname, pg_get_function_identity_arguments(p.oid)) AS name
    FROM pg_proc p
    JOIN pg_namespace n ON n.oid = p.pronamespace
    JOIN pg_language l ON l.oid = p.prolang
    WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
    AND p.prorettype <> 'event_trigger'::regtype
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e'
                    AND d.classid = 'pg_proc'::regclass)
    AND EXISTS (SELECT FROM reachable r WHERE NOT r.rolsuper
                AND has_schema_privilege(r.oid, n.oid, 'USAGE')
                AND has_function_privilege(r.oid, p.oid, 'EXECUTE'))
)
