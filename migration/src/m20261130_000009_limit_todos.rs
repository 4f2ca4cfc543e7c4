//! How many todos a user may have, enforced by the database.

use sea_orm_migration::prelude::*;

use crate::quota::{self, CONSTRAINT, DEFAULT_MAX_TODOS};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// No role but its owner reaches the schema. Row-level security without a policy: should somebody grant the table, no row
/// is seen. Counters are changed in place, for which their pages have room.
const TABLE: &str = "
    DO $$ -- `migration fresh` leaves the schema
    BEGIN
        IF EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'quota') THEN
            IF to_regclass('quota.todo_counts') IS NULL OR EXISTS (
                SELECT FROM pg_catalog.pg_class
                WHERE relnamespace = 'quota'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
                    AND relname <> 'todo_counts'
            ) OR EXISTS (
                SELECT FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
                WHERE p.pronamespace = 'quota'::regnamespace
            ) THEN
                RAISE EXCEPTION 'The schema quota is in use. Move what it holds to another schema, then migrate again.';
            END IF;
            DROP SCHEMA quota CASCADE;
        END IF;
    END $$;
    CREATE SCHEMA quota;
    REVOKE ALL ON SCHEMA quota FROM PUBLIC;
    CREATE TABLE quota.todo_counts (
        user_id text PRIMARY KEY,
        todos bigint NOT NULL
    ) WITH (fillfactor = 50);
    ALTER TABLE quota.todo_counts ENABLE ROW LEVEL SECURITY;
";

/// The functions run as their owner, because users reach no counter. A counter is locked after the rows that it counts,
/// and several counters in the order of their users, so that statements do not deadlock. The lock makes concurrent
/// transactions of one user wait for each other, so that each counts the rows of the others.
///
/// An INSERT of a user has rows of one user, which one UPDATE counts. A user's first todo, and rows that an owner inserts
/// for several users, take the loop. A counter of 0 is deleted: nothing stays of a user whose account is deleted.
const FUNCTIONS: &str = "
    CREATE FUNCTION quota.refuse_beyond_limit(todos bigint) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        IF todos > quota.max_todos() THEN
            RAISE EXCEPTION USING
                MESSAGE = format('You have reached the limit of %s todos. Delete some to add more.',
                                 to_char(quota.max_todos(), 'FM999,999,999,999')),
                ERRCODE = 'check_violation', TABLE = 'todos', CONSTRAINT = '{CONSTRAINT}';
        END IF;
    END $$;

    CREATE FUNCTION quota.add(owner_id text, added bigint) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        total bigint;
    BEGIN
        INSERT INTO quota.todo_counts AS counter (user_id, todos) VALUES (owner_id, added)
        ON CONFLICT (user_id) DO UPDATE SET todos = counter.todos + excluded.todos
        RETURNING counter.todos INTO total;
        PERFORM quota.refuse_beyond_limit(total);
    END $$;

    CREATE FUNCTION quota.subtract(owner_id text, deleted bigint) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        rest bigint;
    BEGIN
        UPDATE quota.todo_counts AS counter SET todos = counter.todos - deleted
        WHERE counter.user_id = owner_id RETURNING counter.todos INTO rest;
        IF rest <= 0 THEN
            DELETE FROM quota.todo_counts AS counter WHERE counter.user_id = owner_id;
        END IF;
    END $$;

    CREATE FUNCTION quota.count_deleted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        deleted record;
    BEGIN
        FOR deleted IN
            SELECT user_id, count(*) AS todos FROM changed GROUP BY user_id ORDER BY user_id
        LOOP
            PERFORM quota.subtract(deleted.user_id, deleted.todos);
        END LOOP;
        RETURN NULL;
    END $$;

    CREATE FUNCTION quota.count_moved() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        PERFORM quota.subtract(OLD.user_id, 1);
        PERFORM quota.add(NEW.user_id, 1);
        RETURN NULL;
    END $$;

    CREATE FUNCTION quota.count_truncated() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        DELETE FROM quota.todo_counts;
        RETURN NULL;
    END $$;

    REVOKE ALL ON ALL FUNCTIONS IN SCHEMA quota FROM PUBLIC;
";

pub const COUNT_ADDED: &str = "
    CREATE FUNCTION quota.count_added() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        total bigint;
        added record;
    BEGIN
        UPDATE quota.todo_counts AS counter
        SET todos = counter.todos + (SELECT count(*) FROM changed)
        WHERE counter.user_id = (SELECT user_id FROM changed LIMIT 1)
        AND NOT EXISTS (SELECT FROM changed WHERE changed.user_id <> counter.user_id)
        RETURNING counter.todos INTO total;
        IF FOUND THEN
            IF total > quota.max_todos() THEN
                PERFORM quota.refuse_beyond_limit(total);
            END IF;
            RETURN NULL;
        END IF;
        FOR added IN
            SELECT user_id, count(*) AS todos FROM changed GROUP BY user_id ORDER BY user_id
        LOOP
            PERFORM quota.add(added.user_id, added.todos);
        END LOOP;
        RETURN NULL;
    END $$;
    REVOKE ALL ON FUNCTION quota.count_added() FROM PUBLIC;
";

/// The ALTER TABLE locks out every other transaction until the counters are there. The owner counts everybody's rows,
/// which FORCE would hide. Only owners change whose a row is, hence a trigger for that alone.
const TRIGGERS: &str = "
    ALTER TABLE todos NO FORCE ROW LEVEL SECURITY;
    INSERT INTO quota.todo_counts (user_id, todos)
        SELECT user_id, count(*) FROM todos GROUP BY user_id;
    ALTER TABLE todos FORCE ROW LEVEL SECURITY;

    CREATE TRIGGER todos_quota_insert AFTER INSERT ON todos
        REFERENCING NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION quota.count_added();
    CREATE TRIGGER todos_quota_delete AFTER DELETE ON todos
        REFERENCING OLD TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION quota.count_deleted();
    CREATE TRIGGER todos_quota_move AFTER UPDATE OF user_id ON todos
        FOR EACH ROW WHEN (OLD.user_id <> NEW.user_id) EXECUTE FUNCTION quota.count_moved();
    CREATE TRIGGER todos_quota_truncate AFTER TRUNCATE ON todos
        FOR EACH STATEMENT EXECUTE FUNCTION quota.count_truncated();
";

const UNLIMITED: &str = "
    DROP TRIGGER todos_quota_insert ON todos;
    DROP TRIGGER todos_quota_delete ON todos;
    DROP TRIGGER todos_quota_move ON todos;
    DROP TRIGGER todos_quota_truncate ON todos;
    DROP SCHEMA quota CASCADE;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        db.execute_unprepared(TABLE).await?;
        quota::set(db, DEFAULT_MAX_TODOS).await?;
        db.execute_unprepared(&FUNCTIONS.replace("{CONSTRAINT}", CONSTRAINT)).await?;
        db.execute_unprepared(COUNT_ADDED).await?;
        db.execute_unprepared(TRIGGERS).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(UNLIMITED).await?;
        Ok(())
    }
}
