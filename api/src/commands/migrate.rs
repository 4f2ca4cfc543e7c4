//! `api migrate`: the migrations, by the program that wants them. It needs no settings but the database.

use std::env;

use anyhow::{Result, anyhow};
use clap::Subcommand;
use migration::{MigrateSubcommands as Migrate, claims, program::Target};
use secrecy::{ExposeSecret as _, SecretString};

use crate::config::Config;

/// What only developers do, such as going back, is `cargo run -p migration`.
#[derive(Debug, Clone, Copy, Default, Subcommand)]
pub enum Command {
    /// Applies what is missing, and makes the service's login. Of two at once, one waits.
    #[default]
    Up,
    /// Shows which migrations have been applied.
    Status,
    /// Whether the database checks the claims of its transactions itself, and by which keys.
    #[command(subcommand)]
    Claims(claims::Command),
}

/// The database as its owner, and as the service.
#[derive(Debug)]
pub struct Settings {
    owner_url: Option<SecretString>,
    login_url: Option<SecretString>,
    max_todos: Option<u32>,
}

impl Settings {
    pub fn from_env() -> Result<Self> {
        Ok(Self {
            owner_url: Config::database_from_env("DATABASE_URL")?,
            login_url: Config::database_from_env("DATABASE_AUTHENTICATED_URL")?,
            max_todos: Target::max_todos(env::var("MAX_TODOS").ok().as_deref())
                .map_err(anyhow::Error::msg)?,
        })
    }
}

pub async fn run(settings: &Settings, command: Command) -> Result<()> {
    let text =
        |secret: &Option<SecretString>| secret.as_ref().map(|url| url.expose_secret().to_owned());
    let (owner_url, login_url) = (text(&settings.owner_url), text(&settings.login_url));
    let target = Target {
        owner_url: owner_url.as_deref(),
        login_url: login_url.as_deref(),
        schema: "public",
        max_todos: settings.max_todos,
    };
    let done = match command {
        Command::Up => target.migrate(Some(Migrate::Up { num: None }), false).await,
        Command::Status => target.migrate(Some(Migrate::Status), false).await,
        Command::Claims(command) => target.claims(command).await,
    };
    // Its error is of any type, and may not leave this thread.
    done.map_err(|error| anyhow!("{error}"))
}
