//! `migration up|down|fresh|refresh|reset|status`, as `sea-orm-cli migrate` calls it.

use std::time::Duration;

use migration::{Migrator, login};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectOptions, Database, DbConn};

/// One number for every copy of this program: the second one waits for the first.
const MIGRATION_LOCK: i64 = 0x7464_6f73_6d67;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() {
    let creates = creates_schema(std::env::args().skip(1));
    cli::run_cli_with_connection(Migrator, async move |options| connect(options, creates).await)
        .await;
}

/// The commands after which the service should be able to sign in to the database.
fn creates_schema(mut arguments: impl Iterator<Item = String>) -> bool {
    const OTHERS: [&str; 5] = ["down", "reset", "status", "init", "generate"];
    !arguments.any(|argument| OTHERS.contains(&argument.as_str()))
}

async fn connect(mut options: ConnectOptions, creates_schema: bool) -> Result<DbConn, DbErr> {
    options.max_connections(1).connect_timeout(CONNECT_TIMEOUT).sqlx_logging(false);
    let db = Database::connect(options).await?;
    // Held by the only connection, so until this process ends.
    db.execute_unprepared(&format!("SELECT pg_advisory_lock({MIGRATION_LOCK})")).await?;
    if creates_schema {
        ensure_login(&db).await?;
    }
    Ok(db)
}

async fn ensure_login(db: &DbConn) -> Result<(), DbErr> {
    let Ok(url) = std::env::var("DATABASE_AUTHENTICATED_URL") else {
        eprintln!(
            "DATABASE_AUTHENTICATED_URL is not set: no login is made for the service. Set it to \
             postgres://NAME:PASSWORD@HOST/DATABASE and run `migration up` again."
        );
        return Ok(());
    };
    login::ensure(db, &url).await.map_err(|error| DbErr::Custom(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::creates_schema;

    #[test]
    fn only_commands_that_build_the_schema_make_the_login() {
        let run = |command: &str| creates_schema(command.split_whitespace().map(String::from));
        assert!(run(""));
        assert!(run("up"));
        assert!(run("fresh -u postgres://localhost/todos"));
        assert!(!run("status"));
        assert!(!run("-v down"));
    }
}
