//! What must hold of the database before the first request: no rule of the lint whose severity is
//! error finds anything. What the others find is said.

use std::time::Duration;

use pg_scope::Options;
use rls_lint::{Finding, Login, Report, Severity};
use sea_orm::DbErr;
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    Role,
    probe::{self, Disagreement, ProbeError},
    signature::Signer,
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

/// How long the check waits for its connection. A database that wakes up may need longer than a request waits.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(20);

/// The lint's options for this product's schema.
pub fn lint_options(role: &str, login: Login) -> rls_lint::Options {
    let functions = migration::auth::functions().into_iter();
    let auth_functions = functions.map(|(name, body)| (name.to_owned(), body.to_owned()));
    rls_lint::Options { role: role.to_owned(), login, auth_functions: auth_functions.collect() }
}

/// On a connection of its own, as the service's login.
pub async fn check(url: &SecretString, signer: &Signer) -> Result<(), CheckError> {
    let options = Options::from_url(url.expose_secret()).map_err(DbErr::from)?;
    let pool = rls_lint::pool(options.acquire_timeout(ACQUIRE_TIMEOUT));
    let found = rls_lint::run(&pool, &lint_options(Role::Authenticated.name(), Login::Own)).await;
    complain(found.map_err(DbErr::from)?)?;
    match probe::check(&pool, signer).await {
        Ok(()) => {}
        Err(ProbeError::Disagreement(disagreement)) => return Err(disagreement.into()),
        Err(ProbeError::Database(error)) => return Err(DbErr::from(error).into()),
    }
    pool.close().await;
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
