//! `api` serves; `api schema` prints the GraphQL schema.

use std::process::ExitCode;

use api::{config::Config, graphql, server, telemetry};
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] | ["serve"] => serve().await,
        ["schema"] => {
            print!("{}", graphql::sdl());
            ExitCode::SUCCESS
        }
        _ => fail(&"usage: api [serve | schema]"),
    }
}

async fn serve() -> ExitCode {
    // No `.env` is fine: the environment may hold everything. Half of one is not.
    match dotenvy::from_path(".env") {
        Err(error) if !error.not_found() => return fail(&format!(".env cannot be read: {error}")),
        _ => {}
    }
    let config = match Config::from_env() {
        Ok(config) => config,
        Err(error) => return fail(&error),
    };
    telemetry::init(config.environment, &config.log);
    match server::serve(config, stopped()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format!("{error:#}")),
    }
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

fn fail(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::FAILURE
}
