//! Indexes on tables that have rows: see [`create_concurrently`].

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{DbBackend, Statement};

use crate::lock;

/// Builds the index `name` while the table is read and written. `definition` is what follows the name, such as
/// `ON notes (user_id, id DESC)`; with `UNIQUE` the index is unique.
///
/// The migration has to return `Some(false)` from `use_transaction`, and consist of this call: PostgreSQL builds no index
/// concurrently within a transaction. An invalid index, which a build leaves that was ended, is dropped first, so that
/// the migration can be repeated.
///
/// ```ignore
/// create_concurrently(manager, Kind::Plain, "notes_list", "ON notes (user_id, id DESC)").await
/// ```
pub async fn create_concurrently(
    manager: &SchemaManager<'_>,
    kind: Kind,
    name: &str,
    definition: &str,
) -> Result<(), DbErr> {
    let db = manager.get_connection();
    // It waits for older transactions, and nobody waits behind it.
    db.execute_unprepared("SET lock_timeout = 0").await?;
    let built = build(db, kind, name, definition).await;
    lock::limit(db).await?;
    built
}

/// Whether an index is unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Plain,
    Unique,
}

async fn build(
    db: &impl ConnectionTrait,
    kind: Kind,
    name: &str,
    definition: &str,
) -> Result<(), DbErr> {
    let invalid = Statement::from_sql_and_values(
        DbBackend::Postgres,
        "SELECT FROM pg_catalog.pg_index WHERE indexrelid = to_regclass(quote_ident($1)) AND NOT indisvalid",
        [name.into()],
    );
    if db.query_one_raw(invalid).await?.is_some() {
        db.execute_unprepared(&format!("DROP INDEX CONCURRENTLY \"{name}\"")).await?;
    }
    let unique = match kind {
        Kind::Plain => "",
        Kind::Unique => "UNIQUE ",
    };
    let sql = format!("CREATE {unique}INDEX CONCURRENTLY IF NOT EXISTS \"{name}\" {definition}");
    db.execute_unprepared(&sql).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    /// The last migration that may build an index within a transaction: those up to it stay as they are.
    const LAST_EXEMPT: &str = "m20261126_000007";

    /// The table of each index that a migration builds without CONCURRENTLY.
    fn tables(source: &str) -> Vec<&str> {
        let built =
            source.split(" INDEX ").skip(1).filter(|text| !text.starts_with("CONCURRENTLY"));
        built.filter_map(|text| text.split_once("ON ")?.1.split([' ', '(', '\n']).next()).collect()
    }

    #[test]
    fn indexes_of_existing_tables_are_built_concurrently() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if !name.starts_with("m2") || &name[..LAST_EXEMPT.len()] <= LAST_EXEMPT {
                continue;
            }
            let source = fs::read_to_string(&path).unwrap();
            for table in tables(&source) {
                let is_new = source.contains(&format!("CREATE TABLE {table} "));
                assert!(is_new, "{name} builds an index of {table}: use `create_concurrently`");
            }
        }
    }
}
