//! Makes the schema and forgets what has expired.

use sqlx::PgPool;

/// Any number will do, if nothing else in the database locks it.
const MIGRATION_LOCK: i64 = 0x5375_7065_7254_6f6b;

/// Creates the schema `supertokens_core`, or leaves one that is there as it is. Safe to run from
/// several processes at once.
pub async fn migrate(pool: &PgPool) -> Result<(), sqlx::Error> {
    let mut tx = pool.begin().await?;
    // Without this every "already exists, skipping" is a line in the log.
    sqlx::query("set local client_min_messages = warning")
        .execute(&mut *tx)
        .await?;
    lock(&mut tx, MIGRATION_LOCK).await?;
    sqlx::raw_sql(include_str!("schema.sql"))
        .execute(&mut *tx)
        .await?;
    tx.commit().await
}

/// Waits until no other transaction, of any process, holds `lock`; held until `tx` ends.
pub(super) async fn lock(tx: &mut sqlx::PgTransaction<'_>, lock: i64) -> Result<(), sqlx::Error> {
    sqlx::query("select pg_advisory_xact_lock($1)")
        .bind(lock)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Deletes sessions and tokens that ended before `now` (milliseconds).
pub(super) async fn prune(pool: &PgPool, now: i64) -> Result<(), sqlx::Error> {
    for statement in [
        "delete from supertokens_core.sessions where expires_at <= $1",
        "delete from supertokens_core.email_verification_tokens where expires_at <= $1",
        "delete from supertokens_core.password_reset_tokens where expires_at <= $1",
    ] {
        sqlx::query(statement).bind(now).execute(pool).await?;
    }
    Ok(())
}
