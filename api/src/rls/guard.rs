//! What must hold of the database before the first request: the service's login is bound by
//! row-level security, and so is every table that users can reach.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};

/// A database in which row-level security would not keep users apart. Each line says what is
/// wrong and what to do.
#[derive(Debug, thiserror::Error)]
#[error("the database would not keep users apart:\n  - {}", .0.join("\n  - "))]
pub struct UnsafeDatabase(pub Vec<String>);

#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    #[error(transparent)]
    Unsafe(#[from] UnsafeDatabase),
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// The roles that the login is or can become, and `authenticated`, which it must be able to become.
const REACHABLE: &str = "
    WITH reachable AS (
        SELECT r.* FROM pg_roles r JOIN pg_roles login ON login.rolname = session_user
        -- A superuser counts as a member of every role: one line about that is enough.
        WHERE CASE WHEN login.rolsuper THEN r.oid = login.oid
              ELSE pg_has_role(login.oid, r.oid, 'MEMBER') OR r.rolname = 'authenticated' END
    ),
    relation AS (
        SELECT c.*, c.oid::regclass AS name
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
        -- An extension answers for its own.
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e'
                        AND d.classid = 'pg_class'::regclass)
    ),
    -- What queries can name, as far as the reachable roles may.
    granted AS (
        SELECT * FROM relation WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND EXISTS (
            SELECT FROM reachable r WHERE NOT r.rolsuper AND (
                has_table_privilege(r.oid, relation.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')
                OR has_any_column_privilege(r.oid, relation.oid, 'SELECT, INSERT, UPDATE')))
    )";

/// Why a login may not be one, or become another, of the reachable roles.
const LOGIN_FAULTS: &str = "
    SELECT format('the login %I %s superuser: name another in DATABASE_AUTHENTICATED_URL',
                  session_user, CASE WHEN rolname = session_user THEN 'is a'
                                ELSE format('can become %I, a', rolname) END) AS fault
    FROM reachable WHERE rolsuper
    UNION ALL
    SELECT format('the login %I %s BYPASSRLS: name another in DATABASE_AUTHENTICATED_URL',
                  session_user, CASE WHEN rolname = session_user THEN 'has'
                                ELSE format('can become %I, which has', rolname) END)
    FROM reachable WHERE rolbypassrls AND NOT rolsuper
    UNION ALL
    SELECT format('the login %I can act as the owner of table %s: name a login that does not',
                  session_user, name)
    FROM relation
    WHERE relkind IN ('r', 'p') AND relowner IN (SELECT oid FROM reachable WHERE NOT rolsuper)
    UNION ALL
    SELECT format('the login %I is no member of \"authenticated\": run the migrations', session_user)
    WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'authenticated'
                      AND pg_has_role(session_user, oid, 'MEMBER'))
    UNION ALL
    SELECT format('the login %I does not start as \"authenticated\": run the migrations, or '
                  'ALTER ROLE %1$I SET role = ''authenticated''', session_user)
    WHERE current_user <> 'authenticated' AND NOT EXISTS (SELECT FROM reachable WHERE rolsuper)";

/// Tables and the like that the reachable roles can use without row-level security.
const RELATION_FAULTS: &str = "
    SELECT format('table %s can be reached by \"authenticated\" without %s row-level security: '
                  'run ALTER TABLE %1$s %2$s ROW LEVEL SECURITY', name,
                  CASE WHEN relrowsecurity THEN 'FORCE' ELSE 'ENABLE' END) AS fault
    FROM granted WHERE relkind IN ('r', 'p') AND NOT (relrowsecurity AND relforcerowsecurity)
    UNION ALL
    SELECT format('view %s can be reached by \"authenticated\" and reads with the rights of its owner: '
                  'run ALTER VIEW %1$s SET (security_invoker = true)', name)
    FROM granted WHERE relkind = 'v' AND NOT coalesce(
        (SELECT option_value::boolean FROM pg_options_to_table(reloptions)
         WHERE option_name = 'security_invoker'), false)
    UNION ALL
    SELECT format('%s %s can be reached by \"authenticated\" and knows no row-level security: '
                  'revoke the grant', CASE relkind WHEN 'm' THEN 'materialized view'
                                      ELSE 'foreign table' END, name)
    FROM granted WHERE relkind IN ('m', 'f')";

pub async fn check(db: &DatabaseConnection) -> Result<(), CheckError> {
    let mut faults = Vec::new();
    for faults_of in [LOGIN_FAULTS, RELATION_FAULTS] {
        let query = Statement::from_string(DbBackend::Postgres, format!("{REACHABLE}{faults_of}"));
        let rows = db.query_all_raw(query).await?;
        for row in rows {
            faults.push(row.try_get("", "fault")?);
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(UnsafeDatabase(faults).into()) }
}
