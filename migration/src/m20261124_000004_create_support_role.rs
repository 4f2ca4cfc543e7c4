//! Support staff: whose roles permit `todos:read-any` may read every user's todos, as a role of its
//! own, and write none.

use sea_orm_migration::prelude::*;

use crate::rls::{ReadAny, SUPPORT, ensure_role};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TODOS: ReadAny = ReadAny::new("todos", "todos:read-any");

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        ensure_role(db, SUPPORT).await?;
        let grants = format!(
            "GRANT USAGE ON SCHEMA auth TO {SUPPORT};
             GRANT EXECUTE ON FUNCTION auth.session() TO {SUPPORT};"
        );
        db.execute_unprepared(&grants).await?;
        TODOS.permit(manager).await
    }

    /// The role stays: it belongs to the cluster, and other databases may use it.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        TODOS.forbid(manager).await?;
        let revoke = format!(
            "REVOKE EXECUTE ON FUNCTION auth.session() FROM {SUPPORT};
             REVOKE USAGE ON SCHEMA auth FROM {SUPPORT};"
        );
        manager.get_connection().execute_unprepared(&revoke).await?;
        Ok(())
    }
}
