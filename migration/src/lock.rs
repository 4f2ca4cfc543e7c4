//! Migrations do not wait long for locks: a statement that waits for a table makes all later ones wait behind it.

use std::{error::Error, time::Duration};

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{DbBackend, RuntimeErr, Statement};
use tokio::time::sleep;

/// The advisory lock of the programs that migrate.
const MIGRATION_LOCK: i64 = 0x7464_6f73_6d67;
const RETRY_INTERVAL: Duration = Duration::from_millis(200);

/// How long a statement of a migration waits for a lock.
pub(crate) const LOCK_TIMEOUT: &str = "5s";

/// PostgreSQL's `lock_not_available`.
const NOT_AVAILABLE: &str = "55P03";

/// Waits until no other program migrates. The lock is held as long as the connection.
///
/// It is tried again and again: a statement that waits for it has a snapshot, for which CREATE INDEX CONCURRENTLY of the
/// other program would wait in turn.
pub(crate) async fn acquire(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    let sql = format!("SELECT pg_try_advisory_lock({MIGRATION_LOCK}) AS acquired");
    loop {
        let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, &sql)).await?;
        let row = row.ok_or_else(|| DbErr::RecordNotFound("pg_try_advisory_lock".to_owned()))?;
        if row.try_get("", "acquired")? {
            return Ok(());
        }
        sleep(RETRY_INTERVAL).await;
    }
}

/// Sets `lock_timeout` for the connection.
pub(crate) async fn limit(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    db.execute_unprepared(&format!("SET lock_timeout = '{LOCK_TIMEOUT}'")).await?;
    Ok(())
}

/// Adds what to do to the error of a lock that was not available.
pub(crate) fn explain(error: Box<dyn Error>) -> Box<dyn Error> {
    match error.downcast_ref() {
        Some(cause) if is_not_available(cause) => format!(
            "A migration waited {LOCK_TIMEOUT} for a lock that another session holds, and changed nothing. The \
             migrations before it are applied. Run the migrations again. If this repeats, end the session with the \
             oldest transaction first (pg_stat_activity.xact_start). {cause}"
        )
        .into(),
        _ => error,
    }
}

fn is_not_available(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))) =
        error
    else {
        return false;
    };
    let error = cause.as_database_error();
    error.is_some_and(|error| error.code().as_deref() == Some(NOT_AVAILABLE))
}
