//! The command line: `api --help`.

use std::{path::Path, process::ExitCode};

use clap::{Parser, Subcommand};
use supertokens::core::Core;
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    commands::{self, dashboard, healthcheck, migrate, rls_lint, roles, settings, version},
    config::{Config, CoreSettings},
    files::Carried,
    schema, server,
    telemetry::Telemetry,
};

/// What one program is, and another is not.
#[derive(Default)]
pub struct Program {
    pub carried: Carried,
    /// None: it was built from a checkout, as it was just then.
    pub release: Option<version::Release>,
}

/// The service, and what administrators do from a shell. Its settings are environment variables, or
/// lines of a file `.env` in the working directory.
#[derive(Parser)]
#[command(name = "api", version)]
struct Arguments {
    /// Default: `serve`.
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serves until Ctrl-C.
    Serve,
    /// Brings the database's schema up to date, as its owner.
    Migrate {
        /// Default: `up`.
        #[command(subcommand)]
        command: Option<migrate::Command>,
    },
    /// The settings: what is wrong with them, and what there are.
    #[command(subcommand)]
    Config(settings::Command),
    /// Prints the GraphQL schema.
    Schema,
    /// Roles: what they permit, and who has them.
    #[command(subcommand)]
    Roles(roles::Command),
    /// The dashboard: who can sign in where users are administered.
    #[command(subcommand)]
    Dashboard(dashboard::Command),
    /// What in a database would not keep its users apart, and what to do about it.
    RlsLint(rls_lint::Options),
    /// Ends with 0 where the service of these settings is running here and ready.
    Healthcheck,
    /// What this program was built from.
    Version,
}

/// Does what the command line says.
pub async fn run(program: Program) -> ExitCode {
    let done = match Arguments::parse().command.unwrap_or(Command::Serve) {
        Command::Serve => Box::pin(serve(program.carried)).await,
        Command::Migrate { command } => migrate(command.unwrap_or_default()).await,
        Command::Healthcheck => ask_for_health().await,
        Command::Version => {
            println!("{}", version::text(program.release.as_ref()));
            Ok(())
        }
        Command::Schema => {
            print!("{}", schema::sdl());
            Ok(())
        }
        Command::Config(command) => load_env_file().and_then(|()| settings::run(&command)),
        Command::Roles(command) => administer(async |core| roles::run(command, core).await).await,
        Command::Dashboard(command) => {
            let password = dashboard::ask_for_password;
            administer(async |core| dashboard::run(command, core, password).await).await
        }
        Command::RlsLint(options) => {
            return match load_env_file() {
                Ok(()) => rls_lint::run(&options).await,
                Err(error) => explain(&error, rls_lint::COULD_NOT_RUN),
            };
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => explain(&error, 1),
    }
}

fn explain(error: &anyhow::Error, code: u8) -> ExitCode {
    eprintln!("error: {error:#}");
    ExitCode::from(code)
}

async fn serve(carried: Carried) -> anyhow::Result<()> {
    let mut config = config()?;
    config.carried = carried;
    let telemetry = Telemetry::start(&config.telemetry())?;
    let served = server::serve(config, stopped()).await;
    telemetry.stop().await;
    served
}

async fn migrate(command: migrate::Command) -> anyhow::Result<()> {
    load_env_file()?;
    migrate::run(&migrate::Settings::from_env()?, command).await
}

async fn ask_for_health() -> anyhow::Result<()> {
    healthcheck::run(&config()?).await
}

async fn administer(work: impl AsyncFnOnce(&Core) -> anyhow::Result<String>) -> anyhow::Result<()> {
    load_env_file()?;
    println!("{}", commands::with_core(CoreSettings::from_env()?, work).await?);
    Ok(())
}

fn config() -> anyhow::Result<Config> {
    load_env_file()?;
    Ok(Config::from_env()?)
}

/// No `.env` is fine: the environment may hold everything.
fn load_env_file() -> anyhow::Result<()> {
    Ok(environment::load_env_file(Path::new(".env"))?)
}

/// Resolves at Ctrl-C or SIGTERM. A second one ends the process at once.
async fn stopped() {
    signalled().await;
    tokio::spawn(async {
        signalled().await;
        eprintln!("stopped at once");
        std::process::exit(1);
    });
}

async fn signalled() {
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => terminate.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate => {}
    }
}
