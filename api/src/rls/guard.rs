//! What must hold of the database before the first request: no rule of the lint whose severity is
//! error finds anything. What the others find is said.

use std::sync::Arc;

use sea_orm::{DbErr, RuntimeErr};
use sqlx::PgPool;

use super::{
    Role,
    lint::{self, Finding, Login, Report, Severity},
};

/// A database in which row-level security would not keep users apart. Each line says what is
/// wrong and what to do.
#[derive(Debug, thiserror::Error)]
#[error("the database would not keep users apart:\n  - {}", .0.join("\n  - "))]
pub struct UnsafeDatabase(pub Vec<String>);

#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    #[error(transparent)]
    Unsafe(#[from] UnsafeDatabase),
    #[error(transparent)]
    Database(#[from] DbErr),
}

pub async fn check(pool: &PgPool) -> Result<(), CheckError> {
    let found = look(pool).await?;
    let (errors, warnings): (Vec<_>, Vec<_>) =
        found.findings.into_iter().partition(|finding| finding.severity == Severity::Error);
    for Finding { rule, object, message, advice, .. } in &warnings {
        tracing::warn!(lint.rule = rule, lint.object = object, "{message}: {advice}");
    }
    if errors.is_empty() {
        return Ok(());
    }
    let told = |Finding { message, advice, .. }| format!("{message}: {advice}");
    Err(UnsafeDatabase(errors.into_iter().map(told).collect()).into())
}

async fn look(pool: &PgPool) -> Result<Report, DbErr> {
    let cause = |error| RuntimeErr::SqlxError(Arc::new(error));
    let connection = pool.acquire().await;
    let mut connection = connection.map_err(|error| DbErr::Conn(cause(error)))?;
    let found = lint::run(&mut connection, Role::Authenticated.name(), &Login::Own).await;
    found.map_err(|error| DbErr::Query(cause(error)))
}
