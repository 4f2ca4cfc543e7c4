//! How many todos each user may have. The database enforces it, and its owner alone can change it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{DbBackend, Statement};

/// The name of the constraint that a refused INSERT violates. The message of the error is meant for the user.
pub const CONSTRAINT: &str = "todos_quota";

/// The limit where nobody sets another one.
pub const DEFAULT_MAX_TODOS: u32 = 100_000;

const LARGEST: u32 = 1_000_000_000;

/// Reads `MAX_TODOS`.
pub fn max_todos(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(max @ 1..=LARGEST) => Ok(max),
        _ => Err(format!("MAX_TODOS is `{text}`. It should be 1 to {LARGEST}.")),
    }
}

/// Sets the limit. It is a constant function: PL/pgSQL inlines it into its plan, so that reading it costs nothing.
pub async fn set(db: &impl ConnectionTrait, max_todos: u32) -> Result<(), DbErr> {
    let sql = format!(
        "CREATE OR REPLACE FUNCTION quota.max_todos() RETURNS bigint
         LANGUAGE sql IMMUTABLE PARALLEL SAFE
         AS 'SELECT {max_todos}::pg_catalog.int8';
         REVOKE ALL ON FUNCTION quota.max_todos() FROM PUBLIC"
    );
    db.execute_unprepared(&sql).await?;
    Ok(())
}

/// Whether the migration that limits todos is applied.
pub(crate) async fn is_there(db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let sql = "SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'quota'";
    let found = db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    Ok(found.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_is_a_positive_number() {
        assert_eq!(max_todos("1"), Ok(1));
        for text in ["", "0", "-1", "x", "1000000001", "1; DROP TABLE todos"] {
            assert!(max_todos(text).is_err(), "{text}");
        }
    }
}
