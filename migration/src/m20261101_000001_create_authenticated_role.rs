//! The role that carries every signed-in user's requests. The service's login, which may become
//! this role, has a name and password of its own and is made by [`crate::login`].

use sea_orm_migration::prelude::*;

use crate::rls::{ROLE, ensure_role};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ensure_role(manager.get_connection(), ROLE).await
    }

    /// The role stays: it belongs to the cluster, and other databases may use it.
    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}
