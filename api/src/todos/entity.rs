//! Table `todos`, but for `client_key` and `client_digest`: these are for the statement that adds
//! (`mutations/add.rs`) alone.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "todos")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Set by the database from the claims, never by us.
    pub user_id: String,
    pub task: String,
    pub is_complete: bool,
    pub inserted_at: DateTimeUtc,
    /// Counted by a trigger, never set by us.
    pub revision: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
