//! Migrations do not wait long for locks: a statement that waits for a table makes all later ones wait behind it.

use std::error::Error;

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::RuntimeErr;

/// How long a statement of a migration waits for a lock.
pub(crate) const LOCK_TIMEOUT: &str = "5s";

/// PostgreSQL's `lock_not_available`.
const NOT_AVAILABLE: &str = "55P03";

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
