//! The schema of the product, one migration a change.
//!
//! Runs as `cargo run -p migration -- up|down|fresh|status`, by
//! `sea-orm-cli migrate -d migration …`, and as a library by the service (`api migrate`) and the tests.

pub mod auth;
pub mod claims;
pub mod index;
pub mod lock;
pub mod login;
pub mod program;
pub mod quota;
pub mod rls;

mod m20261101_000001_create_authenticated_role;
mod m20261101_000002_create_auth_schema;
mod m20261101_000003_create_todos;
mod m20261124_000004_create_support_role;
mod m20261125_000005_index_todos_by_age;
mod m20261125_000006_add_client_key;
mod m20261126_000007_notify_todo_changes;
mod m20261130_000008_bound_todo_notifications;
mod m20261130_000009_limit_todos;
mod m20261130_000010_number_todo_revisions;
mod m20261130_000011_count_and_notify_added_todos;
mod m20261201_000012_inline_auth_functions;

pub use sea_orm_cli::MigrateSubcommands;
use sea_orm_migration::prelude::*;
pub use sea_orm_migration::{MigratorTrait, SchemaManager};

pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261101_000001_create_authenticated_role::Migration),
            Box::new(m20261101_000002_create_auth_schema::Migration),
            Box::new(m20261101_000003_create_todos::Migration),
            Box::new(m20261124_000004_create_support_role::Migration),
            Box::new(m20261125_000005_index_todos_by_age::Migration),
            Box::new(m20261125_000006_add_client_key::Migration),
            Box::new(m20261126_000007_notify_todo_changes::Migration),
            Box::new(m20261130_000008_bound_todo_notifications::Migration),
            Box::new(m20261130_000009_limit_todos::Migration),
            Box::new(m20261130_000010_number_todo_revisions::Migration),
            Box::new(m20261130_000011_count_and_notify_added_todos::Migration),
            Box::new(m20261201_000012_inline_auth_functions::Migration),
        ]
    }
}
