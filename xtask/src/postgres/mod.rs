//! PostgreSQL for a run: the one that `DATABASE_URL` names, or an embedded cluster.

mod binaries;
mod cluster;
mod credentials;
mod place;
mod postmaster;
mod privileges;
mod versions;

use std::{env, fs};

use anyhow::{Context, Result, bail};

pub use cluster::Cluster;
pub use place::sweep;

use crate::{pid::PidFile, step::step};

/// A database and, where it is ours, the cluster that serves it.
pub struct Database {
    pub owner_url: String,
    pub service_url: String,
    _cluster: Option<Cluster>,
}

impl Database {
    /// The database that the environment names, else the kept cluster's.
    pub fn open() -> Result<Self> {
        let Some(owner_url) = given("DATABASE_URL") else {
            return Ok(Self::of(step("PostgreSQL", Cluster::kept)?));
        };
        let Some(service_url) = given("DATABASE_AUTHENTICATED_URL") else {
            bail!(
                "DATABASE_URL is set, but DATABASE_AUTHENTICATED_URL is not: set it to the login that the service \
                 uses, on the same database (the migration makes it where it is missing), for example \
                 postgres://todos_app:<a password>@<the same host>/<the same database>"
            );
        };
        Ok(Self { owner_url, service_url, _cluster: None })
    }

    /// A database that is deleted at the end, and the file that remembers the service on it.
    pub fn throw_away() -> Result<(Self, PidFile)> {
        let cluster = step("PostgreSQL", Cluster::throw_away)?;
        let pid_file = cluster.pid_file();
        Ok((Self::of(cluster), pid_file))
    }

    pub fn of(cluster: Cluster) -> Self {
        Self {
            owner_url: cluster.owner_url(),
            service_url: cluster.service_url(),
            _cluster: Some(cluster),
        }
    }
}

/// Whether the environment names a database of its own.
pub fn is_given() -> bool {
    given("DATABASE_URL").is_some()
}

fn given(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// Refuses an embedded cluster to production: it asks nothing of its disk, and nobody keeps a backup of it.
pub fn require_development() -> Result<()> {
    allow_embedded(given("APP_ENV").as_deref())
}

fn allow_embedded(environment: Option<&str>) -> Result<()> {
    if environment == Some("production") {
        bail!(
            "APP_ENV is `production`, and the embedded database is for development: set DATABASE_URL and \
             DATABASE_AUTHENTICATED_URL to a database of your own, or leave APP_ENV out"
        );
    }
    Ok(())
}

/// Deletes the kept cluster; says whether there was one.
pub fn delete_kept() -> Result<bool> {
    let existing = place::Place::existing();
    if let Some(folder) = &existing {
        place::remove(folder)?;
    }
    let credentials = place::credentials_file();
    if credentials.exists() {
        fs::remove_file(&credentials).context("cannot delete .data/credentials")?;
    }
    Ok(existing.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_embedded_cluster_is_not_for_production() {
        let refusal = allow_embedded(Some("production")).unwrap_err().to_string();
        assert!(refusal.contains("DATABASE_URL"), "{refusal}");
        allow_embedded(Some("development")).unwrap();
        allow_embedded(None).unwrap();
    }
}
