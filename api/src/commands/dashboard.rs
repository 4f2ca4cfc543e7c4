//! `api dashboard`: who can sign in where users are administered.

use std::io::{self, IsTerminal as _};

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use secrecy::SecretString;
use supertokens::{
    core::Core,
    recipes::dashboard::{DashboardUsers, SetDashboardLogin},
};

#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Shows who can sign in.
    List,
    /// Lets somebody sign in; asks for their password.
    Add { email: String },
    /// Sets a new password, which it asks for, and ends their sessions.
    Password { email: String },
    /// Lets somebody sign in no longer, and ends their sessions.
    Remove { email: String },
}

/// Answers what to print. `password` is asked for one where it is needed.
pub async fn run(
    command: Command,
    core: &Core,
    password: impl FnOnce() -> Result<SecretString>,
) -> Result<String> {
    let users = DashboardUsers::new(core);
    match command {
        Command::List => {
            let emails: Vec<_> = users.list().await?.into_iter().map(|user| user.email).collect();
            if emails.is_empty() {
                return Ok("nobody: add somebody by `api dashboard add EMAIL`".into());
            }
            Ok(emails.join("\n"))
        }
        Command::Add { email } => {
            let added = users.add(&email, &password()?).await?;
            told(added, &email, "can sign in to the dashboard")
        }
        Command::Password { email } => {
            let changed = users.change_password(&email, &password()?).await?;
            told(changed, &email, "has a new password, and has to sign in again")
        }
        Command::Remove { email } => {
            if !users.remove(&email).await? {
                return unknown(&email);
            }
            Ok(format!("{email} can no longer sign in to the dashboard"))
        }
    }
}

fn told(outcome: SetDashboardLogin, email: &str, text: &str) -> Result<String> {
    match outcome {
        SetDashboardLogin::Done(user) => Ok(format!("{} {text}", user.email)),
        SetDashboardLogin::Taken => bail!("{email} can sign in to the dashboard already"),
        SetDashboardLogin::Refused(why) => bail!("{why}"),
        SetDashboardLogin::UnknownUser => unknown(email),
    }
}

fn unknown<T>(email: &str) -> Result<T> {
    bail!("{email} is nobody's who can sign in: `api dashboard list` shows who can")
}

/// From the terminal, unseen, or the first line of what is piped in. Never from an argument, which
/// other users of the machine see.
pub fn ask_for_password() -> Result<SecretString> {
    if io::stdin().is_terminal() {
        return Ok(rpassword::prompt_password("Password: ").context("no password")?.into());
    }
    let mut line = String::new();
    io::stdin().read_line(&mut line).context("no password")?;
    Ok(line.trim_end_matches(['\r', '\n']).into())
}
