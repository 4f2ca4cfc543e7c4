//! Makes the schema and forgets what has expired.

use sqlx::{AssertSqlSafe, PgPool};

use super::secret::sha256_hex;

const SCHEMA: &str = include_str!("schema.sql");

/// Any number will do, if nothing else in the database locks it.
const MIGRATION_LOCK: i64 = 0x5375_7065_7254_6f6b;

/// Creates the schema `supertokens_core`, or brings an older one up to date. Safe to run from
/// several processes at once.
pub async fn migrate(pool: &PgPool) -> Result<(), sqlx::Error> {
    let version = sha256_hex(SCHEMA);
    let mut tx = pool.begin().await?;
    lock(&mut tx, MIGRATION_LOCK).await?;
    // The schema's comment tells which `schema.sql` made it. Without that, a process that starts
    // would lock tables that another is using.
    let applied: Option<String> = sqlx::query_scalar(
        "select obj_description(to_regnamespace('supertokens_core'), 'pg_namespace')",
    )
    .fetch_one(&mut *tx)
    .await?;
    if applied.as_ref() == Some(&version) {
        return Ok(());
    }
    sqlx::raw_sql(SCHEMA).execute(&mut *tx).await?;
    let comment = format!("comment on schema supertokens_core is '{version}'");
    sqlx::raw_sql(AssertSqlSafe(comment)).execute(&mut *tx).await?;
    tx.commit().await
}

/// Waits until no other transaction, of any process, holds `lock`; held until `tx` ends.
pub(super) async fn lock(tx: &mut sqlx::PgTransaction<'_>, lock: i64) -> Result<(), sqlx::Error> {
    sqlx::query("select pg_advisory_xact_lock($1)").bind(lock).execute(&mut **tx).await?;
    Ok(())
}

/// Deletes sessions and tokens that ended before `now` (milliseconds).
pub(super) async fn prune(pool: &PgPool, now: i64) -> Result<(), sqlx::Error> {
    for statement in [
        "delete from supertokens_core.sessions where expires_at <= $1",
        "delete from supertokens_core.email_verification_tokens where expires_at <= $1",
        "delete from supertokens_core.password_reset_tokens where expires_at <= $1",
        "delete from supertokens_core.dashboard_sessions where expires_at <= $1",
    ] {
        sqlx::query(statement).bind(now).execute(pool).await?;
    }
    Ok(())
}
