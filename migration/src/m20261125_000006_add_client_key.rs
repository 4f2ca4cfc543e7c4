//! Adding a todo twice by the same key adds it once: for clients that ask again after an answer was
//! lost.

use sea_orm_migration::prelude::*;

use crate::rls::ROLE;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Keys are unique within a user, so that they tell nothing of other users. The digest is of the
/// task as it was added. Both are given with a new row and never change.
const KEY: &str = "
    ALTER TABLE todos
        ADD client_key uuid,
        ADD client_digest bytea,
        ADD CONSTRAINT todos_client_digest CHECK (
            num_nulls(client_key, client_digest) = 2
            OR num_nulls(client_key, client_digest) = 0 AND octet_length(client_digest) = 32);
    CREATE UNIQUE INDEX todos_client_key
        ON todos (user_id, client_key) WHERE client_key IS NOT NULL;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        db.execute_unprepared(KEY).await?;
        let grant = format!("GRANT INSERT (client_key, client_digest) ON todos TO {ROLE}");
        db.execute_unprepared(&grant).await?;
        Ok(())
    }

    /// The index, the constraint and the grant go with their columns.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let drop = "ALTER TABLE todos DROP client_key, DROP client_digest";
        manager.get_connection().execute_unprepared(drop).await?;
        Ok(())
    }
}
