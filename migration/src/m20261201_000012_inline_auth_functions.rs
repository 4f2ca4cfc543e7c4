//! The functions by which policies read the claims become SQL functions, which PostgreSQL inlines into the policies.

use sea_orm_migration::prelude::*;

use crate::m20261101_000002_create_auth_schema::{FUNCTIONS as FORMER, SESSION as FORMER_SESSION};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// A function with settings is not inlined, so every name has its schema: PostgreSQL resolves them by the `search_path` of
/// the caller. Claims that are not JSON raise an error, as before.
pub(crate) const SESSION: &str = r"
    CREATE OR REPLACE FUNCTION auth.session() RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE AS $$
        SELECT CASE
            WHEN pg_catalog.current_setting('request.jwt.claims'::pg_catalog.text, true)
                OPERATOR(pg_catalog.<>) ''::pg_catalog.text
            THEN pg_catalog.current_setting('request.jwt.claims'::pg_catalog.text, true)::pg_catalog.jsonb
            ELSE 'null'::pg_catalog.jsonb
        END
    $$;
";

/// Each reads the session once: an inlined call that stands twice parses the claims twice.
pub(crate) const FUNCTIONS: &str = r#"
    CREATE OR REPLACE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE AS $$
        SELECT auth.session()
    $$;

    CREATE OR REPLACE FUNCTION auth.user_id() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
        SELECT pg_catalog.jsonb_path_query_first(
            auth.session() OPERATOR(pg_catalog.->) 'sub'::pg_catalog.text,
            'strict $ ? (@.type() == "string")'::pg_catalog.jsonpath
        ) OPERATOR(pg_catalog.#>>) '{}'::pg_catalog.text[]
    $$;

    CREATE OR REPLACE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$
        SELECT pg_catalog.substring(
            auth.user_id(),
            '(?i)^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$'::pg_catalog.text
        )::pg_catalog.uuid
    $$;
"#;

/// With signed claims, `auth.session()` is that of [`crate::claims`], and stays.
const SIGNED_SETTINGS: &str = "
    ALTER FUNCTION auth.jwt() SET search_path = pg_catalog, pg_temp;
    ALTER FUNCTION auth.user_id() SET search_path = pg_catalog, pg_temp;
    ALTER FUNCTION auth.uid() SET search_path = pg_catalog, pg_temp;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        match session_function(db).await? {
            SessionFunction::Extension => {}
            SessionFunction::Plain => {
                db.execute_unprepared(SESSION).await?;
                db.execute_unprepared(FUNCTIONS).await?;
            }
            SessionFunction::Signed => {
                db.execute_unprepared(FUNCTIONS).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        match session_function(db).await? {
            SessionFunction::Extension => {}
            SessionFunction::Plain => {
                db.execute_unprepared(FORMER_SESSION).await?;
                db.execute_unprepared(FORMER).await?;
            }
            SessionFunction::Signed => {
                db.execute_unprepared(FORMER).await?;
                db.execute_unprepared(SIGNED_SETTINGS).await?;
            }
        }
        Ok(())
    }
}

/// What `auth.session()` of this database is.
enum SessionFunction {
    /// Of `pg_session_jwt`, with all the others.
    Extension,
    Plain,
    Signed,
}

async fn session_function(db: &impl ConnectionTrait) -> Result<SessionFunction, DbErr> {
    let sql = "SELECT prosecdef AS is_signed,
                      EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND deptype = 'e'
                              AND objid = p.oid) AS is_of_extension
               FROM pg_proc p WHERE oid = to_regprocedure('auth.session()')";
    let row = db.query_one_raw(sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, sql));
    let row = row.await?.ok_or_else(|| DbErr::Migration("auth.session() is missing".into()))?;
    Ok(if row.try_get("", "is_of_extension")? {
        SessionFunction::Extension
    } else if row.try_get("", "is_signed")? {
        SessionFunction::Signed
    } else {
        SessionFunction::Plain
    })
}
