//! Table `todos`: one row a todo, seen and changed by its owner only.

use sea_orm_migration::prelude::*;

use crate::rls::OwnRows;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// `todos_list` serves the list in its order (open first, then newest first) from any cursor,
/// and every policy. `NOT is_complete` lets all its keys run in one direction, so that a page is
/// one range of the index however deep it lies.
const TABLE: &str = "
    CREATE TABLE todos (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        user_id text NOT NULL DEFAULT auth.user_id(),
        task text NOT NULL CONSTRAINT todos_task_length CHECK (char_length(task) BETWEEN 1 AND 1000),
        is_complete boolean NOT NULL DEFAULT false,
        inserted_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX todos_list
        ON todos (user_id, (NOT is_complete) DESC, inserted_at DESC, id DESC);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(TABLE).await?;
        OwnRows::new("todos")
            .insert(&["task", "is_complete"])
            .update(&["task", "is_complete"])
            .protect(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("todos").to_owned()).await
    }
}
