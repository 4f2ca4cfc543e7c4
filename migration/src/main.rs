//! `migration up|down|fresh|refresh|reset|status`, as `sea-orm-cli migrate` calls it, and `migration claims`.

use std::{env, error::Error, process::ExitCode};

use clap::{Parser, Subcommand};
use environment::{load_env_file, secret};
use migration::{claims, program::Target};
use sea_orm_cli::MigrateSubcommands as Migrate;

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

    /// The database as its owner: `postgres://NAME:PASSWORD@HOST/DATABASE`. Default: `DATABASE_URL`, or what the file
    /// of `DATABASE_URL_FILE` holds.
    #[arg(short = 'u', long, global = true)]
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
    // `sea-orm-cli` runs it in a folder below that of the file.
    let folder = env::current_dir()?;
    if let Some(path) =
        folder.ancestors().map(|folder| folder.join(".env")).find(|path| path.exists())
    {
        load_env_file(&path)?;
    }
    let options = Options::parse();
    let variable = |name: &str| env::var(name).ok();
    let owner_url = match options.database_url {
        Some(url) => Some(url),
        None => secret(&variable, "DATABASE_URL")?,
    };
    let login_url = secret(&variable, "DATABASE_AUTHENTICATED_URL")?;
    let max_todos = env::var("MAX_TODOS").ok();
    let target = Target {
        max_todos: Target::max_todos(max_todos.as_deref())?,
        owner_url: owner_url.as_deref(),
        login_url: login_url.as_deref(),
        schema: &options.database_schema,
    };
    match options.command {
        Some(Command::Claims(command)) => target.claims(command).await,
        Some(Command::Migrate(command)) => target.migrate(Some(command), options.verbose).await,
        None => target.migrate(None, options.verbose).await,
    }
}
