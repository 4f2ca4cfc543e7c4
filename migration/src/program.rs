//! What a program does to a database as its owner: this crate's own, and `api migrate`.

use std::{error::Error, time::Duration};

use pg_scope::Options;
use sea_orm_cli::MigrateSubcommands as Migrate;
use sea_orm_migration::{
    cli::run_migrate,
    sea_orm::{ConnectionTrait as _, DbConn, DbErr},
};

use crate::{Migrator, claims, lock, login, quota};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The database, and who is to use it.
pub struct Target<'a> {
    /// The database as its owner.
    pub owner_url: Option<&'a str>,
    /// The database as the service's login, which is made where it is missing.
    pub login_url: Option<&'a str>,
    /// The schema in which the tables are.
    pub schema: &'a str,
    /// How many todos each user may have. None keeps the limit of the database. See [`Target::max_todos`].
    pub max_todos: Option<u32>,
}

impl Target<'_> {
    /// The limit by the variable `MAX_TODOS`. An empty one counts as not set.
    pub fn max_todos(variable: Option<&str>) -> Result<Option<u32>, String> {
        variable.filter(|text| !text.is_empty()).map(quota::max_todos).transpose()
    }

    /// Default: `up`.
    pub async fn migrate(
        &self,
        command: Option<Migrate>,
        verbose: bool,
    ) -> Result<(), Box<dyn Error>> {
        let is_offline = matches!(command, Some(Migrate::Init | Migrate::Generate { .. }));
        let db = if is_offline { DbConn::default() } else { self.connect().await? };
        let creates = creates_schema(command.as_ref());
        if creates {
            self.ensure_login(&db).await?;
        }
        run_migrate(Migrator, &db, command, verbose).await.map_err(lock::explain)?;
        // Without the variable, the limit in the database stays.
        if let Some(max_todos) = self.max_todos.filter(|_| creates)
            && quota::is_there(&db).await?
        {
            quota::set(&db, max_todos).await?;
        }
        if !is_offline {
            confirm(&db).await?;
        }
        Ok(())
    }

    pub async fn claims(&self, command: claims::Command) -> Result<(), Box<dyn Error>> {
        Ok(command.run(&self.connect().await?).await?)
    }

    async fn connect(&self) -> Result<DbConn, Box<dyn Error>> {
        let url = self.owner_url.filter(|url| !url.is_empty()).ok_or(
            "DATABASE_URL is not set. It should be the database as its owner: \
             postgres://NAME:PASSWORD@HOST/DATABASE",
        )?;
        let options = Options::from_url(url).map_err(|error| format!("DATABASE_URL: {error}"))?;
        let db = pg_scope::open_session(&options.connect_timeout(CONNECT_TIMEOUT))
            .await
            .map_err(|error| format!("the database of DATABASE_URL cannot be reached: {error}"))?;
        db.execute_unprepared(&format!("SET search_path = {}", quoted(self.schema))).await?;
        lock::acquire(&db).await?;
        lock::limit(&db).await?;
        Ok(db)
    }

    async fn ensure_login(&self, db: &DbConn) -> Result<(), login::LoginError> {
        let Some(url) = self.login_url.filter(|url| !url.is_empty()) else {
            eprintln!(
                "DATABASE_AUTHENTICATED_URL is not set: no login is made for the service. Set it to \
                 postgres://NAME:PASSWORD@HOST/DATABASE and run the migrations again."
            );
            return Ok(());
        };
        login::ensure(db, url).await
    }
}

/// Fails if the last transaction could not be committed. See [`pg_scope::open_session`].
pub(crate) async fn confirm(db: &DbConn) -> Result<(), DbErr> {
    db.ping().await
}

/// An identifier in SQL.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Whether the service should be able to sign in to the database afterwards.
fn creates_schema(command: Option<&Migrate>) -> bool {
    match command {
        None | Some(Migrate::Up { .. } | Migrate::Fresh | Migrate::Refresh) => true,
        Some(
            Migrate::Down { .. }
            | Migrate::Reset
            | Migrate::Status
            | Migrate::Init
            | Migrate::Generate { .. },
        ) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_commands_that_build_the_schema_make_the_login() {
        assert!(creates_schema(None));
        assert!(creates_schema(Some(&Migrate::Up { num: None })));
        assert!(creates_schema(Some(&Migrate::Fresh)));
        assert!(!creates_schema(Some(&Migrate::Status)));
        assert!(!creates_schema(Some(&Migrate::Down { num: 1 })));
    }
}
