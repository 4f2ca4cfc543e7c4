//! The developer's commands: `cargo xtask --help`.

mod apt;
mod interrupt;
mod page;
mod run;
mod signal;
mod step;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use workspace::Profile;

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "Runs, tests and checks the whole product"
)]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Builds the page into web/dist
    Page {
        /// Small and compressed, as it is deployed
        #[arg(long)]
        release: bool,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match interrupt::install().and_then(|()| perform(arguments.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => explain(&error),
    }
}

fn perform(task: Task) -> Result<()> {
    match task {
        Task::Page { release } => page::build(Profile::from_release(release)),
    }
}

fn explain(error: &anyhow::Error) -> ExitCode {
    if error.downcast_ref::<interrupt::Interrupted>().is_some() {
        eprintln!("stopped");
        return ExitCode::from(130);
    }
    if let Some(failed) = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<run::Failed>())
    {
        eprint!("{}", failed.output);
    }
    eprintln!("error: {error:#}");
    ExitCode::FAILURE
}
