//! The developer's commands: `cargo xtask --help`.

mod api;
mod apt;
mod bench;
mod browser;
mod check;
mod child;
mod clients;
mod clippy;
mod codegen;
mod deployment;
mod dev;
mod dist;
mod docs;
mod documents;
mod environment;
mod faults;
mod fuzz;
mod graphiql;
mod guide;
mod interrupt;
mod load;
mod node;
mod npm;
mod page;
mod parallel;
mod pid;
mod port;
mod postgres;
mod programs;
mod question;
#[cfg(test)]
mod repository;
mod run;
mod schema_diff;
mod service;
mod signal;
mod stack;
mod step;
mod test;
mod tunnel;
mod versions;
mod workspace;

use std::{env, ffi::OsString, process::ExitCode};

use anyhow::Result;
use clap::{Parser, Subcommand};

use stack::Settings;
use workspace::Profile;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Runs, tests and checks the whole product")]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Sets everything up and runs the whole product until Ctrl-C
    Dev(dev::Options),
    /// Checks and tests everything, the browser test included
    Test(test::Options),
    /// Checks format, lints, what `codegen` writes and what the documents name
    Check,
    /// Writes schema.graphql, .env.example and docs/configuration.md from the service, and
    /// web/queries/manifest.json from the page's operations
    Codegen {
        /// Only compare, and fail on a difference
        #[arg(long)]
        check: bool,
    },
    /// Tries what comes in from outside with changes made by chance, for as long as one likes
    Fuzz(fuzz::Options),
    /// Follows docs/guides/add-a-table.md to the letter, on a copy of the checkout
    Guide,
    /// Says what of the changes to schema.graphql breaks clients, and fails when something does
    SchemaDiff {
        /// The commit whose schema.graphql is the old one
        #[arg(long, default_value = "HEAD")]
        base: String,
    },
    /// Runs a command of the service on the database that `dev` has running: `api roles list`
    Api {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Says what in the database that `dev` has running, or `DATABASE_URL`, would not keep users apart
    #[command(disable_help_flag = true)]
    RlsLint {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Stops, cuts and slows what the service needs, and writes the table of docs/reliability.md
    Faults,
    /// Measures the service beside pgbench and PostGraphile, and draws docs/bench.svg
    Bench(bench::Options),
    /// Sends 70 % of what the service can do for a quarter of an hour, and looks at its memory
    Load(load::Options),
    /// Makes the release in target/dist: one program with everything in it, checksums, SBOMs, licences
    Dist(dist::Options),
    /// Takes the pictures of docs/screenshots
    Screenshots,
    /// Builds the page into web/dist
    Page {
        /// Small and compressed, as it is deployed
        #[arg(long)]
        release: bool,
    },
}

fn main() -> ExitCode {
    // Tests and checks see only the real environment; the page is built for the domains that the
    // service has.
    if matches!(env::args().nth(1).as_deref(), Some("dev" | "page" | "dist" | "api" | "rls-lint"))
        && let Err(error) = load_env_file()
    {
        return explain(&error);
    }
    let arguments = Arguments::parse();
    match prepare().and_then(|()| perform(arguments.command)) {
        Ok(code) => code,
        Err(error) => explain(&error),
    }
}

fn prepare() -> Result<()> {
    interrupt::install()?;
    workspace::find_target_dir()
}

/// `.env` fills in what the real environment leaves open.
fn load_env_file() -> Result<()> {
    Ok(::environment::load_env_file(&workspace::root().join(".env"))?)
}

fn perform(task: Task) -> Result<ExitCode> {
    match task {
        Task::Dev(options) => dev::run(&options),
        Task::Test(options) => test::run(&options),
        Task::Check => check::run(),
        Task::Codegen { check: true } => codegen::check(),
        Task::Codegen { check: false } => codegen::write(),
        Task::Fuzz(options) => fuzz::run(&options),
        Task::Guide => guide::follow(),
        Task::Screenshots => browser::screenshots(),
        Task::Dist(options) => dist::run(&options),
        Task::Faults => faults::run(),
        Task::Bench(options) => bench::run(&options),
        Task::Load(options) => load::run(&options),
        Task::SchemaDiff { base } => return schema_diff::since(&base),
        Task::Api { arguments } => return api::run(&arguments),
        Task::RlsLint { arguments } => return Ok(api::rls_lint(arguments)),
        Task::Page { release } => {
            page::build(&page::toolchain()?, Profile::from_release(release), Settings::Own)
        }
    }?;
    Ok(ExitCode::SUCCESS)
}

fn explain(error: &anyhow::Error) -> ExitCode {
    if error.downcast_ref::<interrupt::Interrupted>().is_some() {
        eprintln!("stopped");
        return ExitCode::from(interrupt::EXIT_CODE);
    }
    if let Some(failed) = error.chain().find_map(|cause| cause.downcast_ref::<run::Failed>()) {
        eprint!("{}", failed.output);
    }
    eprintln!("error: {error:#}");
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        Arguments::command().debug_assert();
    }
}
