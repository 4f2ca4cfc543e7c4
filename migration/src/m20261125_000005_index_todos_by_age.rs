//! Lists of todos by age alone, the newest first or the oldest first.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// One index for both orders: read forwards or backwards. `todos_list` cannot serve them, because
/// there the open todos come before the others.
const INDEX: &str = "CREATE INDEX todos_age ON todos (user_id, inserted_at DESC, id DESC)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(INDEX).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name("todos_age").to_owned()).await
    }
}
