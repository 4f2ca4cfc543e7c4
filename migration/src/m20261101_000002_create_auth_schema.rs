//! `auth.user_id()`, `auth.uid()`, `auth.session()` and `auth.jwt()`, with the types and meaning
//! of Neon's extension `pg_session_jwt`, which is used where the server offers it.
//!
//! Claims come from the setting `request.jwt.claims` of the transaction. A setting made with
//! `set_config(…, true)` reverts to an empty string, not to NULL, hence the `nullif`.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Claims that are no JSON raise an error, where `pg_session_jwt` answers NULL: both fail closed.
/// PL/pgSQL, because it keeps its plan for the life of the connection.
pub(crate) const SESSION: &str = r"
    CREATE OR REPLACE FUNCTION auth.session() RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = '' AS $$
    BEGIN
        RETURN coalesce(nullif(current_setting('request.jwt.claims', true), '')::jsonb, 'null');
    END $$;
";

pub(crate) const FUNCTIONS: &str = r"
    CREATE OR REPLACE FUNCTION auth.jwt() RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = '' AS $$
    BEGIN
        RETURN auth.session();
    END $$;

    CREATE OR REPLACE FUNCTION auth.user_id() RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = '' AS $$
    DECLARE
        subject jsonb := auth.session() -> 'sub';
    BEGIN
        IF jsonb_typeof(subject) = 'string' THEN
            RETURN subject #>> '{}';
        END IF;
        RETURN NULL;
    END $$;

    CREATE OR REPLACE FUNCTION auth.uid() RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = '' AS $$
    DECLARE
        subject text := auth.user_id();
    BEGIN
        IF subject ~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' THEN
            RETURN subject::uuid;
        END IF;
        RETURN NULL;
    END $$;

    REVOKE ALL ON ALL FUNCTIONS IN SCHEMA auth FROM PUBLIC;
";

const GRANTS: &str = "
    GRANT USAGE ON SCHEMA auth TO authenticated;
    GRANT EXECUTE ON FUNCTION auth.session(), auth.jwt(), auth.user_id(), auth.uid()
        TO authenticated;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        if server_offers_extension(db).await? {
            db.execute_unprepared("CREATE EXTENSION IF NOT EXISTS pg_session_jwt").await?;
        } else {
            db.execute_unprepared("CREATE SCHEMA IF NOT EXISTS auth").await?;
            db.execute_unprepared(SESSION).await?;
            db.execute_unprepared(FUNCTIONS).await?;
        }
        db.execute_unprepared(GRANTS).await?;
        Ok(())
    }

    /// Drops what `up` made. The extension stays: others may have installed and use it.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        if server_offers_extension(db).await? {
            db.execute_unprepared("REVOKE ALL ON SCHEMA auth FROM authenticated").await?;
        } else {
            db.execute_unprepared(
                "DROP FUNCTION IF EXISTS auth.uid(), auth.user_id(), auth.jwt(), auth.session();
                 DROP SCHEMA IF EXISTS auth",
            )
            .await?;
        }
        Ok(())
    }
}

async fn server_offers_extension(db: &SchemaManagerConnection<'_>) -> Result<bool, DbErr> {
    let found = db
        .query_one_raw(sea_orm::Statement::from_string(
            sea_orm::DbBackend::Postgres,
            "SELECT FROM pg_available_extensions WHERE name = 'pg_session_jwt'",
        ))
        .await?;
    Ok(found.is_some())
}
