//! Every change of a todo has a number, so that clients can tell which of two responses is newer.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// A row begins with revision 1, and each change that changes it adds 1. Its deletion counts as one more change. Nobody may
/// write the column: users have no grant for it, and the trigger overrides what an owner writes. A write of what is there
/// already leaves the revision as it is, unless the table has generated columns, which PostgreSQL computes later.
///
/// Adding a column with a constant default rewrites no row. The bytes are compared, because not every type has an equality,
/// and in the function, because a condition of the trigger may not read generated columns.
const NUMBER: &str = "
    ALTER TABLE todos ADD revision bigint NOT NULL DEFAULT 1;

    CREATE OR REPLACE FUNCTION number_todo_revision() RETURNS trigger
    LANGUAGE plpgsql SET search_path = '' AS $$
    BEGIN
        IF OLD OPERATOR(pg_catalog.*<>) NEW THEN
            NEW.revision := OLD.revision + 1;
        END IF;
        RETURN NEW;
    END $$;
    REVOKE ALL ON FUNCTION number_todo_revision() FROM PUBLIC;

    CREATE TRIGGER todos_revision BEFORE UPDATE ON todos
        FOR EACH ROW EXECUTE FUNCTION number_todo_revision();
";

/// Notifications carry the revision of each todo beside its id; of a deleted todo, that of the deletion. The filters keep
/// the aggregates from collecting the ids of a million rows to omit them.
const NOTIFY: &str = "
    CREATE OR REPLACE FUNCTION notify_todo_changes() RETURNS trigger
    LANGUAGE plpgsql SET search_path = '' AS $$
    DECLARE
        is_named boolean := (SELECT count(*) FROM (SELECT FROM changed LIMIT 101) AS first) <= 100;
        deletion bigint := CASE TG_OP WHEN 'DELETE' THEN 1 ELSE 0 END;
    BEGIN
        PERFORM pg_notify('todo_changed', json_build_object(
            'user', encode(sha256(convert_to(user_id, 'UTF8')), 'hex'),
            'op', TG_OP,
            'ids', json_agg(id) FILTER (WHERE is_named),
            'revisions', json_agg(revision + deletion) FILTER (WHERE is_named))::text)
        FROM changed GROUP BY user_id;
        RETURN NULL;
    END $$;
";

const UNNUMBERED: &str = "
    DROP TRIGGER todos_revision ON todos;
    DROP FUNCTION number_todo_revision();
    ALTER TABLE todos DROP revision;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        db.execute_unprepared(NUMBER).await?;
        db.execute_unprepared(NOTIFY).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        db.execute_unprepared(crate::m20261130_000008_bound_todo_notifications::BOUNDED).await?;
        db.execute_unprepared(UNNUMBERED).await?;
        Ok(())
    }
}
