//! Whoever listens on `todo_changed` hears of every change of todos, when it is committed.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Once a statement and user, not once a row: `{"user", "op", "ids"}`. More ids than a notification
/// should carry are left out, which says: read the list again.
///
/// Every role of the server may listen. So the user is told by a digest, which whoever knows the id can
/// make, and of the todo no more than its id.
///
/// OR REPLACE, because `migration fresh` drops tables and leaves functions.
const NOTIFY: &str = "
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
    REVOKE ALL ON FUNCTION notify_todo_changes() FROM PUBLIC;

    CREATE TRIGGER todos_notify_insert AFTER INSERT ON todos
        REFERENCING NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION notify_todo_changes();
    CREATE TRIGGER todos_notify_update AFTER UPDATE ON todos
        REFERENCING NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION notify_todo_changes();
    CREATE TRIGGER todos_notify_delete AFTER DELETE ON todos
        REFERENCING OLD TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION notify_todo_changes();
";

const SILENCE: &str = "
    DROP TRIGGER todos_notify_insert ON todos;
    DROP TRIGGER todos_notify_update ON todos;
    DROP TRIGGER todos_notify_delete ON todos;
    DROP FUNCTION notify_todo_changes();
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(NOTIFY).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(SILENCE).await?;
        Ok(())
    }
}
