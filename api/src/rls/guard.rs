//! What must hold of the database before the first request: no rule of the lint whose severity is
//! error finds anything. What the others find is said.

use std::{sync::Arc, time::Duration};

use sea_orm::{DbErr, RuntimeErr};
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{Connection as _, PgConnection};
use tokio::time::timeout;

use super::{
    Role,
    lint::{self, Finding, Login, Report, Severity},
    probe::{self, Disagreement, ProbeError},
    signature::Signer,
    sqlx_options::sqlx_options,
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
    Disagreement(#[from] Disagreement),
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// How long the server may take to let the check in.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// On a connection of its own, as the service's login.
pub async fn check(url: &SecretString, signer: &Signer) -> Result<(), CheckError> {
    let options = sqlx_options(url.expose_secret()).map_err(connection_error)?;
    // A setting that PgBouncer does not let through.
    let options = options.extra_float_digits(None);
    let connecting = timeout(CONNECT_TIMEOUT, PgConnection::connect_with(&options)).await;
    let connected = connecting.unwrap_or(Err(sqlx::Error::PoolTimedOut));
    let mut connection = connected.map_err(connection_error)?;
    let found = lint::run(&mut connection, Role::Authenticated.name(), &Login::Own).await;
    complain(found.map_err(asked)?)?;
    match probe::check(&mut connection, signer).await {
        Ok(()) => {}
        Err(ProbeError::Disagreement(disagreement)) => return Err(disagreement.into()),
        Err(ProbeError::Database(error)) => return Err(asked(error).into()),
    }
    // What was asked is answered: how the connection ends changes nothing.
    let _ = connection.close().await;
    Ok(())
}

fn complain(found: Report) -> Result<(), UnsafeDatabase> {
    let (errors, warnings): (Vec<_>, Vec<_>) =
        found.findings.into_iter().partition(|finding| finding.severity == Severity::Error);
    for Finding { rule, object, message, advice, .. } in &warnings {
        tracing::warn!(lint.rule = rule, lint.object = object, "{message}: {advice}");
    }
    if errors.is_empty() {
        return Ok(());
    }
    let told = |Finding { message, advice, .. }| format!("{message}: {advice}");
    Err(UnsafeDatabase(errors.into_iter().map(told).collect()))
}

fn connection_error(error: sqlx::Error) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error)))
}

fn asked(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)))
}
