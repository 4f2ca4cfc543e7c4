//! `migration up|down|fresh|refresh|reset|status`, as `sea-orm-cli migrate` calls it, and `migration claims`.

use std::{error::Error, process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};
use migration::{Migrator, claims, login};
use sea_orm_cli::MigrateSubcommands as Migrate;
use sea_orm_migration::{
    cli::run_migrate,
    prelude::*,
    sea_orm::{ConnectOptions, Database, DbConn},
};

/// One number for every copy of this program: the second one waits for the first.
const MIGRATION_LOCK: i64 = 0x7464_6f73_6d67;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The library has a command line of the same form, which panics at what it cannot connect to.
#[derive(Parser)]
#[command(name = "migration", version, about = "Brings the database's schema up or down")]
struct Options {
    /// Shows what is sent to the database.
    #[arg(short, long, global = true)]
    verbose: bool,

    /// The schema in which the tables are.
    #[arg(short = 's', long, global = true, env = "DATABASE_SCHEMA", default_value = "public")]
    database_schema: String,

    /// The database as its owner: `postgres://NAME:PASSWORD@HOST/DATABASE`.
    #[arg(short = 'u', long, global = true, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,

    /// Default: `up`.
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    Migrate(Migrate),
    /// Whether the database checks the claims of its transactions itself, and by which keys.
    #[command(subcommand)]
    Claims(claims::Command),
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    match dotenvy::dotenv() {
        Err(error) if !error.not_found() => return Err(".env cannot be read".into()),
        _ => {}
    }
    let mut options = Options::parse();
    let command = match options.command.take() {
        Some(Command::Claims(command)) => {
            let db = connect(&options, false).await?;
            return Ok(command.run(&db).await?);
        }
        Some(Command::Migrate(command)) => Some(command),
        None => None,
    };
    let db = match &command {
        Some(Migrate::Init | Migrate::Generate { .. }) => DbConn::default(),
        command => connect(&options, creates_schema(command.as_ref())).await?,
    };
    run_migrate(Migrator, &db, command, options.verbose).await
}

/// Whether the service should be able to sign in to the database afterwards.
fn creates_schema(command: Option<&Migrate>) -> bool {
    !matches!(command, Some(Migrate::Down { .. } | Migrate::Reset | Migrate::Status))
}

async fn connect(options: &Options, creates_schema: bool) -> Result<DbConn, Box<dyn Error>> {
    let url = options.database_url.as_deref().filter(|url| !url.is_empty()).ok_or(
        "DATABASE_URL is not set. It should be the database as its owner: \
         postgres://NAME:PASSWORD@HOST/DATABASE",
    )?;
    // Looked at first: the library's error holds the whole text, and with it the password.
    if !url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "postgres" | "postgresql")) {
        return Err("DATABASE_URL is no URL of a PostgreSQL database. It should be \
                    postgres://NAME:PASSWORD@HOST/DATABASE"
            .into());
    }
    let mut connect = ConnectOptions::new(url);
    connect
        .set_schema_search_path(&options.database_schema)
        .max_connections(1)
        .connect_timeout(CONNECT_TIMEOUT)
        .sqlx_logging(false);
    let db = Database::connect(connect)
        .await
        .map_err(|error| format!("the database of DATABASE_URL cannot be reached: {error}"))?;
    // Held by the only connection, so until this process ends.
    db.execute_unprepared(&format!("SELECT pg_advisory_lock({MIGRATION_LOCK})")).await?;
    if creates_schema {
        ensure_login(&db).await?;
    }
    Ok(db)
}

async fn ensure_login(db: &DbConn) -> Result<(), login::LoginError> {
    let url = std::env::var("DATABASE_AUTHENTICATED_URL").unwrap_or_default();
    if url.is_empty() {
        eprintln!(
            "DATABASE_AUTHENTICATED_URL is not set: no login is made for the service. Set it to \
             postgres://NAME:PASSWORD@HOST/DATABASE and run `migration up` again."
        );
        return Ok(());
    }
    login::ensure(db, &url).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_commands_that_build_the_schema_make_the_login() {
        let run = |line: &str| {
            let arguments = ["migration"].into_iter().chain(line.split_whitespace());
            match Options::parse_from(arguments).command {
                Some(Command::Migrate(command)) => creates_schema(Some(&command)),
                Some(Command::Claims(_)) => false,
                None => creates_schema(None),
            }
        };
        assert!(run(""));
        assert!(run("up"));
        assert!(run("fresh -u postgres://localhost/todos"));
        assert!(!run("status"));
        assert!(!run("-v down"));
    }
}
