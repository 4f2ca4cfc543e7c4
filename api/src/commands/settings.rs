//! `api config`: whether the settings can be used, and what there are.

use clap::Subcommand;

use crate::config::{Config, reference};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Tells all that is wrong with the settings; opens nothing.
    Check,
    /// Prints `.env.example`.
    Example,
    /// Prints `docs/configuration.md`.
    Reference,
}

pub fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Check => {
            Config::from_env()?;
            println!("the settings can be used");
        }
        Command::Example => print!("{}", reference::example()),
        Command::Reference => print!("{}", reference::reference()),
    }
    Ok(())
}
