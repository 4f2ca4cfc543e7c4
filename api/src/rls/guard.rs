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

/// Every role that the login is or can become, and why it may not be so.
const LOGIN_FAULTS: &str = "
    WITH reachable AS (
        SELECT r.* FROM pg_roles r JOIN pg_roles login ON login.rolname = session_user
        -- A superuser counts as a member of every role: one line about that is enough.
        WHERE CASE WHEN login.rolsuper THEN r.oid = login.oid
              ELSE pg_has_role(login.oid, r.oid, 'MEMBER') END
    )
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
                  session_user, c.oid::regclass)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND c.relowner IN (SELECT oid FROM reachable WHERE NOT rolsuper)
      AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
    UNION ALL
    SELECT format('the login %I is no member of \"authenticated\": run the migrations', session_user)
    WHERE NOT EXISTS (SELECT FROM reachable WHERE rolsuper OR rolname = 'authenticated')";

/// Tables that `authenticated` can reach without row-level security for everyone.
const TABLE_FAULTS: &str = "
    SELECT format('table %s can be reached by \"authenticated\" without %s row-level security: '
                  'run ALTER TABLE %1$s %2$s ROW LEVEL SECURITY', c.oid::regclass,
                  CASE WHEN c.relrowsecurity THEN 'FORCE' ELSE 'ENABLE' END) AS fault
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
      AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
      AND EXISTS (SELECT FROM pg_roles WHERE rolname = 'authenticated')
      AND (has_table_privilege('authenticated', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')
           OR has_any_column_privilege('authenticated', c.oid, 'SELECT, INSERT, UPDATE'))";

pub async fn check(db: &DatabaseConnection) -> Result<(), CheckError> {
    let mut faults = Vec::new();
    for query in [LOGIN_FAULTS, TABLE_FAULTS] {
        let rows = db.query_all_raw(Statement::from_string(DbBackend::Postgres, query)).await?;
        for row in rows {
            faults.push(row.try_get("", "fault")?);
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(UnsafeDatabase(faults).into()) }
}
