//! A notification of many changes is made without reading their ids.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// PostgreSQL evaluates aggregates before CASE, so the former function wrote the ids of a million rows to omit them.
/// This one reads 101 rows to decide whether there are too many. Then it omits the ids of every user of the statement,
/// which tells subscribers to read the list again.
pub const BOUNDED: &str = "
    CREATE OR REPLACE FUNCTION notify_todo_changes() RETURNS trigger
    LANGUAGE plpgsql SET search_path = '' AS $$
    BEGIN
        IF (SELECT count(*) FROM (SELECT FROM changed LIMIT 101) AS first) <= 100 THEN
            PERFORM pg_notify('todo_changed', json_build_object(
                'user', encode(sha256(convert_to(user_id, 'UTF8')), 'hex'),
                'op', TG_OP,
                'ids', json_agg(id))::text)
            FROM changed GROUP BY user_id;
        ELSE
            PERFORM pg_notify('todo_changed', json_build_object(
                'user', encode(sha256(convert_to(user_id, 'UTF8')), 'hex'),
                'op', TG_OP,
                'ids', NULL)::text)
            FROM changed GROUP BY user_id;
        END IF;
        RETURN NULL;
    END $$;
";

/// As the migration before made it.
const UNBOUNDED: &str = "
    CREATE OR REPLACE FUNCTION notify_todo_changes() RETURNS trigger
    LANGUAGE plpgsql SET search_path = '' AS $$
    BEGIN
        PERFORM pg_notify('todo_changed', json_build_object(
            'user', encode(sha256(convert_to(user_id, 'UTF8')), 'hex'),
            'op', TG_OP,
            'ids', CASE WHEN count(*) <= 100 THEN json_agg(id) END)::text)
        FROM changed GROUP BY user_id;
        RETURN NULL;
    END $$;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(BOUNDED).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(UNBOUNDED).await?;
        Ok(())
    }
}
